//! `gridwalk-hub serve`: answers phones and shows the first page.

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;

use clap::Args;
use gridwalk_hub::limits::{Limits, Rate};
use gridwalk_hub::serve_metrics::serve_metrics;
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
    /// 监控指标的监听地址（Prometheus），不要对外开放 / where Prometheus reads metrics; not for the public
    #[arg(long)]
    metrics: Option<SocketAddr>,
    /// 每台设备每分钟的请求数 / requests a minute of a device
    #[arg(long, default_value_t = Limits::default().device.requests)]
    device_requests: u32,
    /// 每台设备每分钟的字节数 / bytes a minute of a device
    #[arg(long, default_value_t = Limits::default().device.bytes)]
    device_bytes: u64,
    /// 每个社区每分钟的请求数 / requests a minute of a community
    #[arg(long, default_value_t = Limits::default().tenant.requests)]
    tenant_requests: u32,
    /// 每个社区每分钟的字节数 / bytes a minute of a community
    #[arg(long, default_value_t = Limits::default().tenant.bytes)]
    tenant_bytes: u64,
    /// 每个地址每分钟的失败请求数 / failed requests a minute of a peer
    #[arg(long, default_value_t = Limits::default().failures)]
    failures: u32,
    /// 反向代理的地址（可多次；本机的总是可信） / a proxy whose X-Forwarded-For is believed; one on this machine always is
    #[arg(long)]
    proxy: Vec<IpAddr>,
}

pub async fn run(a: Serve) -> Result<()> {
    let _lock = admin::HubLock::shared(&a.at.data)?;
    let limits = Limits {
        device: Rate { requests: a.device_requests, bytes: a.device_bytes },
        tenant: Rate { requests: a.tenant_requests, bytes: a.tenant_bytes },
        failures: a.failures,
        proxies: a.proxy,
    };
    let hub = a.at.open().await?.with_limits(limits);
    admin::repeat_journals(&hub).await?;
    if let Some(address) = a.metrics {
        let address = serve_metrics(hub.clone(), address).await?;
        tracing::info!(%address, "metrics");
    }
    let tls = a.tls_cert.zip(a.tls_key);
    serve::serve(hub, a.listen, tls, |address| println!("{address}"), serve::terminated()).await
}
