//! Takes the place of the crate of this name, which AWS's SDK for S3 computes checksums with: that one links the tables of
//! every CRC there is, a twelfth of the function's bytes. Here are the three that S3 knows, by the crate `crc`, with the
//! names that `aws-smithy-checksums` calls them by.
//! <https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity.html>

use crc::{CRC_32_ISCSI, CRC_32_ISO_HDLC, CRC_64_NVME, Crc, Table};
use std::fmt;

/// One table of 256 values each: objects are small here, and so is the function to be.
type Small<W> = Crc<W, Table<1>>;

static CRC32: Small<u32> = Small::<u32>::new(&CRC_32_ISO_HDLC);
static CRC32C: Small<u32> = Small::<u32>::new(&CRC_32_ISCSI);
static CRC64_NVME: Small<u64> = Small::<u64>::new(&CRC_64_NVME);

/// Which checksum.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CrcAlgorithm {
    /// S3's CRC32.
    Crc32IsoHdlc,
    /// S3's CRC32C.
    Crc32Iscsi,
    /// S3's CRC64NVME.
    Crc64Nvme,
}

/// A checksum over bytes that come in parts.
#[derive(Clone)]
pub struct Digest(State);

#[derive(Clone)]
enum State {
    Crc32(crc::Digest<'static, u32, Table<1>>),
    Crc64(crc::Digest<'static, u64, Table<1>>),
}

impl Digest {
    /// Of no bytes yet.
    #[must_use]
    pub fn new(algorithm: CrcAlgorithm) -> Digest {
        Digest(match algorithm {
            CrcAlgorithm::Crc32IsoHdlc => State::Crc32(CRC32.digest()),
            CrcAlgorithm::Crc32Iscsi => State::Crc32(CRC32C.digest()),
            CrcAlgorithm::Crc64Nvme => State::Crc64(CRC64_NVME.digest()),
        })
    }

    /// Takes the next bytes.
    pub fn update(&mut self, bytes: &[u8]) {
        match &mut self.0 {
            State::Crc32(digest) => digest.update(bytes),
            State::Crc64(digest) => digest.update(bytes),
        }
    }

    /// The checksum; one of 32 bits stands in the lower half.
    #[must_use]
    pub fn finalize(self) -> u64 {
        match self.0 {
            State::Crc32(digest) => digest.finalize().into(),
            State::Crc64(digest) => digest.finalize(),
        }
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Digest")
    }
}

/// The checksum of these bytes.
#[must_use]
pub fn checksum(algorithm: CrcAlgorithm, bytes: &[u8]) -> u64 {
    let mut digest = Digest::new(algorithm);
    digest.update(bytes);
    digest.finalize()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The check values of the catalogue of CRCs, <https://reveng.sourceforge.io/crc-catalogue/all.htm>, in any parts.
    #[test]
    fn each_gives_its_check_value_whatever_the_parts() {
        let cases = [
            (CrcAlgorithm::Crc32IsoHdlc, 0xcbf4_3926),
            (CrcAlgorithm::Crc32Iscsi, 0xe306_9283),
            (CrcAlgorithm::Crc64Nvme, 0xae8b_1486_0a79_9888),
        ];
        let bytes = b"123456789";
        for (algorithm, check) in cases {
            assert_eq!(checksum(algorithm, bytes), check, "{algorithm:?}");
            for at in 0..=bytes.len() {
                let mut digest = Digest::new(algorithm);
                digest.update(&bytes[..at]);
                digest.update(&bytes[at..]);
                assert_eq!(digest.finalize(), check, "{algorithm:?} in two parts at {at}");
            }
        }
    }
}
