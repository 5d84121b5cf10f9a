//! Carrying requests over HTTP.

use std::time::Duration;

use super::protocol::{MAX_BODY, decode};
use super::transport::{Answer, SignedRequest, Transport};
use crate::error::{Error, ErrorKind, Result};
use crate::phone::Phone;

/// A hub reached over HTTP; TLS with the public roots, or with the private authority that the enrolment named. One a sync:
/// its connection is kept between requests.
#[derive(Debug)]
pub struct HttpTransport(reqwest::Client);

impl HttpTransport {
    /// To the hub at `address`, trusting `ca` (PEM) where the hub has a certificate authority of its own.
    pub fn new(address: &str, ca: Option<&str>) -> Result<Self> {
        // An error only says that a provider is installed already, which is as good.
        drop(rustls::crypto::ring::default_provider().install_default());
        let roots: Vec<reqwest::Certificate> = match ca {
            Some(pem) => authorities(pem)?,
            None if address.starts_with("https:") => {
                webpki_root_certs::TLS_SERVER_ROOT_CERTS.iter().filter_map(|der| reqwest::Certificate::from_der(der).ok()).collect()
            }
            None => Vec::new(),
        };
        let builder = reqwest::Client::builder().connect_timeout(Duration::from_secs(20)).read_timeout(Duration::from_secs(60));
        let builder = builder.redirect(reqwest::redirect::Policy::none()).tls_certs_only(roots);
        Ok(Self(builder.build().map_err(|e| Error::internal("HTTP client").with_source(e))?))
    }
}

impl Transport for HttpTransport {
    async fn post(&self, request: &SignedRequest) -> Result<Answer> {
        let mut builder = self.0.post(format!("{}{}", request.hub.trim_end_matches('/'), request.path));
        for (name, value) in request.head.fields() {
            builder = builder.header(name, value);
        }
        let mut response = builder.body(request.body.clone()).send().await.map_err(offline)?;
        let status = response.status();
        let mut bytes = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(offline)? {
            bytes.extend_from_slice(&chunk);
            if bytes.len() > MAX_BODY {
                return Err(Error::malformed("reply size"));
            }
        }
        if status.is_success() {
            return Ok(Answer::Reply(bytes));
        }
        // What is not in the protocol's words comes from something between: a proxy, a portal.
        decode(&bytes, "refusal")
            .map(Answer::Refused)
            .map_err(|e| Error::new(ErrorKind::Offline, "没有连上服务器，请稍后再试", "the hub could not be reached; try again later").with_source(e))
    }
}

impl Phone {
    /// To a hub that this phone is enrolled with.
    pub(super) fn transport_to(&self, hub: &str) -> Result<HttpTransport> {
        let ca = self.store.read(|c| Ok(c.query_row("SELECT ca FROM tenants WHERE hub = ?1", [hub], |r| r.get::<_, Option<String>>(0))?))?;
        HttpTransport::new(hub, ca.as_deref())
    }
}

fn authorities(pem: &str) -> Result<Vec<reqwest::Certificate>> {
    let invalid = || Error::invalid("证书文件无效", "the certificate file is not valid");
    let all = reqwest::Certificate::from_pem_bundle(pem.as_bytes()).map_err(|e| invalid().with_source(e))?;
    if all.is_empty() { Err(invalid()) } else { Ok(all) }
}

fn offline(e: reqwest::Error) -> Error {
    // The address may carry a name; the error's own words do not.
    Error::new(ErrorKind::Offline, "没有连上服务器，记录都在本机，联网后会发送", "the hub could not be reached; everything is kept here and will be sent later")
        .with_source(e.without_url())
}
