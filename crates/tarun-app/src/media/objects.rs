//! Where files lie: a folder of the data directory, or an S3-compatible store.

use object_store::ObjectStore;
use object_store::aws::AmazonS3Builder;
use object_store::local::LocalFileSystem;
use std::path::Path;
use std::sync::Arc;

/// Cheap to clone.
#[derive(Clone)]
pub struct Objects(Arc<dyn ObjectStore>);

/// An S3-compatible store.
#[derive(Debug, Clone)]
pub struct S3 {
    pub endpoint: Option<String>,
    pub region: String,
    pub bucket: String,
    pub access_key_id: tarun_core::secret::Secret,
    pub secret_access_key: tarun_core::secret::Secret,
}

impl Objects {
    /// Files below a folder, which is made.
    pub fn in_folder(folder: &Path) -> Result<Self, String> {
        std::fs::create_dir_all(folder)
            .map_err(|e| format!("the folder {} for files can't be made: {e}", folder.display()))?;
        let store = LocalFileSystem::new_with_prefix(folder)
            .map_err(|e| format!("files can't be kept in {}: {e}", folder.display()))?
            .with_fsync(true);
        Ok(Self(Arc::new(store)))
    }

    pub fn in_s3(s3: &S3) -> Result<Self, String> {
        let mut builder = AmazonS3Builder::new()
            .with_region(&s3.region)
            .with_bucket_name(&s3.bucket)
            .with_access_key_id(s3.access_key_id.reveal())
            .with_secret_access_key(s3.secret_access_key.reveal());
        if let Some(endpoint) = &s3.endpoint {
            builder = builder.with_endpoint(endpoint).with_allow_http(endpoint.starts_with("http://"));
        }
        Ok(Self(Arc::new(builder.build().map_err(|e| format!("the settings S3_* do not fit together: {e}"))?)))
    }

    pub(super) fn store(&self) -> &Arc<dyn ObjectStore> {
        &self.0
    }
}
