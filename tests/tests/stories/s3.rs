//! An S3 server in this process: `s3s` speaks the protocol and checks every signature, `s3s-fs` keeps the objects in a folder.
//! It starts in milliseconds, and needs nothing but Cargo.

use std::path::Path;

use gridwalk_hub::photo_store::PhotoStore;
use hyper_util::rt::TokioIo;
use object_store::aws::AmazonS3Builder;
use s3s::auth::SimpleAuth;
use s3s::service::S3ServiceBuilder;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

const KEY: &str = "gridwalk-tests";
const SECRET: &str = "a-secret-of-the-tests";
const BUCKET: &str = "community-photos";

/// A running S3 server with one bucket.
pub struct S3Server {
    endpoint: String,
    serving: JoinHandle<()>,
}

impl S3Server {
    /// Starts on a free port of loopback, with its objects in `folder`.
    pub async fn start(folder: &Path) -> Self {
        std::fs::create_dir_all(folder.join(BUCKET)).unwrap();
        let mut service = S3ServiceBuilder::new(s3s_fs::FileSystem::new(folder).unwrap());
        service.set_auth(SimpleAuth::from_single(KEY, SECRET));
        let service = service.build();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let serving = tokio::spawn(async move {
            while let Ok((socket, _)) = listener.accept().await {
                let service = service.clone();
                tokio::spawn(async move {
                    // A client that hangs up ends its connection with an error.
                    drop(
                        hyper_util::server::conn::auto::Builder::new(hyper_util::rt::TokioExecutor::new())
                            .serve_connection(TokioIo::new(socket), service)
                            .await,
                    );
                });
            }
        });
        Self { endpoint, serving }
    }

    /// A store of photos in its bucket.
    pub fn store(&self) -> PhotoStore {
        self.store_with(SECRET)
    }

    /// The same with another secret.
    pub fn store_with(&self, secret: &str) -> PhotoStore {
        let builder = AmazonS3Builder::new()
            .with_endpoint(&self.endpoint)
            .with_allow_http(true)
            .with_region("cn-test-1")
            .with_bucket_name(BUCKET)
            .with_access_key_id(KEY)
            .with_secret_access_key(secret)
            .with_retry(object_store::RetryConfig { max_retries: 1, ..Default::default() });
        PhotoStore::in_s3(builder, "gridwalk").unwrap()
    }
}

impl Drop for S3Server {
    fn drop(&mut self) {
        self.serving.abort();
    }
}
