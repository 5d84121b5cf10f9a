//! The files of photos: in a folder, or in any store that speaks S3. They lie as `photos/<community>/<hash>` when whole, `pieces/<community>/<hash>/<device>/<offset>-<time>` on their way. A
//! device's pieces are its own: nobody spoils another's.

use std::ops::Range;
use std::path::PathBuf;
use std::sync::Arc;

use futures_util::TryStreamExt;
use gridwalk_core::ids::DeviceId;
use object_store::aws::AmazonS3Builder;
use object_store::local::LocalFileSystem;
use object_store::path::Path;
use object_store::prefix::PrefixStore;
use object_store::{Error, ObjectMeta, ObjectStore, ObjectStoreExt, PutPayload};

use crate::error::{HubError, Result};

/// The folder of photos within the hub's data folder, unless another place is named.
pub const PHOTO_FOLDER: &str = "photos";

/// A store of files.
#[derive(Clone, Debug)]
pub struct PhotoStore {
    store: Arc<dyn ObjectStore>,
    /// The folder, unless they lie in S3.
    folder: Option<PathBuf>,
}

/// A piece of a file on its way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Piece {
    path: Path,
    /// Where in the file it begins.
    pub offset: u64,
    /// Its size in bytes.
    pub length: u64,
    /// When it came, in seconds since the Unix epoch (UTC).
    pub at: i64,
}

impl Piece {
    /// The hash of the file that it is a piece of: the folder above its device's.
    pub fn hash(&self) -> &str {
        self.path.as_ref().rsplit('/').nth(2).unwrap_or_default()
    }
}

impl PhotoStore {
    /// The store at `place`: `s3://bucket/prefix`, with endpoint, region and keys from the environment (`AWS_…`), or a folder, which is made.
    ///
    /// # Errors
    /// A folder that cannot be made, or settings of S3 that do not fit each other, with what to do.
    pub fn open(place: &str) -> Result<Self> {
        let Some(bucket) = place.strip_prefix("s3://") else { return Self::in_folder(std::path::Path::new(place)) };
        let (bucket, prefix) = bucket.split_once('/').unwrap_or((bucket, ""));
        Self::in_s3(AmazonS3Builder::from_env().with_bucket_name(bucket), prefix)
    }

    /// The store in a folder, which is made if it is not there.
    pub fn in_folder(folder: &std::path::Path) -> Result<Self> {
        std::fs::create_dir_all(folder)?;
        // What was answered 'whole' survives power loss.
        let store = LocalFileSystem::new_with_prefix(folder)?.with_fsync(true).with_automatic_cleanup(true);
        Ok(Self { store: Arc::new(store), folder: Some(folder.to_owned()) })
    }

    /// The store under `prefix` of an S3 bucket.
    pub fn in_s3(builder: AmazonS3Builder, prefix: &str) -> Result<Self> {
        // Its client needs one; an error only says that one is installed already, which is as good.
        drop(rustls::crypto::ring::default_provider().install_default());
        let store =
            builder.build().map_err(|e| HubError::usage(format!("照片存储（S3）设置不正确：{e}"), "the settings of the photo store (S3) are not right"))?;
        let store: Arc<dyn ObjectStore> = if prefix.is_empty() { Arc::new(store) } else { Arc::new(PrefixStore::new(store, prefix)) };
        Ok(Self { store, folder: None })
    }

    /// The folder of a community's whole files; `None` if they lie in S3.
    pub fn folder_of(&self, tenant: &str) -> Option<PathBuf> {
        Some(self.folder.as_ref()?.join("photos").join(tenant))
    }

    /// The size of a whole file in bytes; `None` if it is not here.
    pub async fn size(&self, tenant: &str, hash: &str) -> Result<Option<u64>> {
        Ok(present(self.store.head(&whole(tenant, hash)).await)?.map(|meta| meta.size))
    }

    /// A part of a whole file; `None` if it is not here.
    pub async fn read(&self, tenant: &str, hash: &str, range: Range<u64>) -> Result<Option<Vec<u8>>> {
        Ok(present(self.store.get_range(&whole(tenant, hash), range).await)?.map(|bytes| bytes.to_vec()))
    }

    /// Keeps a whole file. The same one twice is one.
    pub async fn keep(&self, tenant: &str, hash: &str, bytes: Vec<u8>) -> Result<()> {
        self.store.put(&whole(tenant, hash), PutPayload::from(bytes)).await?;
        Ok(())
    }

    /// Removes a whole file.
    pub async fn remove(&self, tenant: &str, hash: &str) -> Result<()> {
        present(self.store.delete(&whole(tenant, hash)).await).map(drop)
    }

    /// The hashes of all whole files of a community.
    pub async fn hashes(&self, tenant: &str) -> Result<Vec<String>> {
        let all = self.list(&Path::from_iter(["photos", tenant])).await?;
        Ok(all.iter().filter_map(|meta| meta.location.filename().map(str::to_owned)).collect())
    }

    /// Keeps a piece of a file.
    pub async fn keep_piece(&self, tenant: &str, hash: &str, device: DeviceId, offset: u32, bytes: Vec<u8>, at: i64) -> Result<()> {
        let name = format!("{offset}-{at}");
        let path = Path::from_iter(["pieces", tenant, hash, &device.to_string(), &name]);
        self.store.put(&path, PutPayload::from(bytes)).await?;
        Ok(())
    }

    /// The pieces of a file that a device has sent, in order.
    pub async fn pieces(&self, tenant: &str, hash: &str, device: DeviceId) -> Result<Vec<Piece>> {
        self.pieces_under(&Path::from_iter(["pieces", tenant, hash, &device.to_string()])).await
    }

    /// All pieces of a community.
    pub async fn all_pieces(&self, tenant: &str) -> Result<Vec<Piece>> {
        self.pieces_under(&Path::from_iter(["pieces", tenant])).await
    }

    async fn pieces_under(&self, prefix: &Path) -> Result<Vec<Piece>> {
        let mut pieces: Vec<Piece> = self.list(prefix).await?.into_iter().filter_map(piece).collect();
        pieces.sort_by(|a, b| (a.offset, &a.path).cmp(&(b.offset, &b.path)));
        Ok(pieces)
    }

    /// The bytes of a piece; `None` if it is gone.
    pub async fn read_piece(&self, piece: &Piece) -> Result<Option<Vec<u8>>> {
        Ok(present(self.store.get_range(&piece.path, 0..piece.length).await)?.map(|bytes| bytes.to_vec()))
    }

    /// Removes pieces.
    pub async fn remove_pieces(&self, pieces: &[Piece]) -> Result<()> {
        for piece in pieces {
            present(self.store.delete(&piece.path).await)?;
        }
        Ok(())
    }

    async fn list(&self, prefix: &Path) -> Result<Vec<ObjectMeta>> {
        Ok(self.store.list(Some(prefix)).try_collect().await?)
    }
}

fn whole(tenant: &str, hash: &str) -> Path {
    Path::from_iter(["photos", tenant, hash])
}

/// A piece by its name; what is named otherwise is none.
fn piece(meta: ObjectMeta) -> Option<Piece> {
    let (offset, at) = meta.location.filename()?.split_once('-')?;
    Some(Piece { offset: offset.parse().ok()?, at: at.parse().ok()?, length: meta.size, path: meta.location })
}

/// What is not there is no error.
fn present<T>(result: std::result::Result<T, Error>) -> Result<Option<T>> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(Error::NotFound { .. }) => Ok(None),
        Err(e) => Err(e.into()),
    }
}
