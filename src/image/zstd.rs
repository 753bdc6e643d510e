//! Zstandard as layers have it: frames one after another, some to be skipped (`zstd:chunked` keeps its table of contents in
//! one), RFC 8878.

use std::io::{self, BufRead, Read};

use ruzstd::decoding::{BlockDecodingStrategy, FrameDecoder};

/// Four bytes at the start of a frame.
const FRAME: u32 = 0xFD2F_B528;
/// The same for one that is skipped; the last four bits are free.
const SKIPPED: u32 = 0x184D_2A50;

/// Reads frame after frame. A frame that asks for a window of more than 128 MiB is an error.
pub(super) struct Frames<R> {
    from: R,
    decoder: FrameDecoder,
    /// Whether the decoder is in a frame.
    inside: bool,
}

impl<R: BufRead> Frames<R> {
    pub(super) fn new(from: R) -> Self {
        Self { from, decoder: FrameDecoder::new(), inside: false }
    }

    /// Goes to the next frame with content; false at the end.
    fn next_frame(&mut self) -> io::Result<bool> {
        while !self.from.fill_buf()?.is_empty() {
            let magic = self.number()?;
            if magic == FRAME {
                // the decoder wants to see the number itself
                let header = FRAME.to_le_bytes();
                self.decoder.reset(header.as_slice().chain(&mut self.from)).map_err(io::Error::other)?;
                return Ok(true);
            }
            if magic & 0xFFFF_FFF0 != SKIPPED {
                return Err(io::Error::new(io::ErrorKind::InvalidData, "no zstd frame"));
            }
            let length = u64::from(self.number()?);
            if io::copy(&mut (&mut self.from).take(length), &mut io::sink())? < length {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
        }
        Ok(false)
    }

    fn number(&mut self) -> io::Result<u32> {
        let mut bytes = [0; 4];
        self.from.read_exact(&mut bytes)?;
        Ok(u32::from_le_bytes(bytes))
    }
}

impl<R: BufRead> Read for Frames<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if into.is_empty() {
            return Ok(0);
        }
        loop {
            if !self.inside {
                self.inside = self.next_frame()?;
                if !self.inside {
                    return Ok(0);
                }
            }
            if self.decoder.can_collect() > 0 {
                return self.decoder.read(into);
            }
            if self.decoder.is_finished() {
                self.inside = false;
            } else {
                let one = BlockDecodingStrategy::UptoBlocks(1);
                self.decoder.decode_blocks(&mut self.from, one).map_err(io::Error::other)?;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use ruzstd::encoding::{CompressionLevel, compress_to_vec};

    use super::*;

    fn all(bytes: &[u8]) -> io::Result<Vec<u8>> {
        let mut read = Vec::new();
        Frames::new(bytes).read_to_end(&mut read).map(|_| read)
    }

    #[test]
    fn frames_follow_each_other_and_some_are_skipped() {
        let one = compress_to_vec(&*vec![b'x'; 100_000], CompressionLevel::Fastest);
        let skipped = [&0x184D_2A5A_u32.to_le_bytes()[..], &3_u32.to_le_bytes(), b"toc"].concat();
        let read = all(&[&one[..], &skipped, &one].concat()).unwrap();
        assert_eq!(read, vec![b'x'; 200_000]);
        assert_eq!(all(b"").unwrap(), b"");
    }

    #[test]
    fn what_is_cut_off_or_no_frame_is_an_error() {
        let one = compress_to_vec(b"abc".as_slice(), CompressionLevel::Fastest);
        for wrong in [&one[..one.len() - 1], b"abcd", b"ab", &[0x5A, 0x2A, 0x4D, 0x18, 9, 0, 0, 0, 1]] {
            assert!(all(wrong).is_err(), "{wrong:?}");
        }
        // a window of 2^41 bytes, which a decoder that believes it would ask for
        assert!(all(&[0x28, 0xB5, 0x2F, 0xFD, 0x00, 0xF8, 0x01, 0x00, 0x00]).is_err());
    }
}
