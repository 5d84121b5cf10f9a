//! `gridwalk-hub serve`: answers phones and shows the first page.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::Args;
use gridwalk_hub::{Result, admin, serve};

use super::Data;

#[derive(Debug, Args)]
pub struct Serve {
    #[command(flatten)]
    at: Data,
    /// 监听地址 / where to listen
    #[arg(long, default_value = "127.0.0.1:8080")]
    listen: SocketAddr,
    /// TLS 证书（PEM） / the certificate; without it a TLS proxy must stand in front
    #[arg(long, requires = "tls_key")]
    tls_cert: Option<PathBuf>,
    /// TLS 私钥（PEM） / its private key
    #[arg(long, requires = "tls_cert")]
    tls_key: Option<PathBuf>,
}

pub async fn run(a: Serve) -> Result<()> {
    let _lock = admin::HubLock::shared(&a.at.data)?;
    let hub = a.at.open().await?;
    admin::repeat_revocations(&hub).await?;
    admin::repeat_erasures(&hub).await?;
    let tls = a.tls_cert.zip(a.tls_key);
    serve::serve(hub, a.listen, tls, |address| println!("{address}"), serve::terminated()).await
}
