//! Contents of files in a repository, from one `git cat-file --batch`.

use super::error::GitError;
use super::object::ObjectId;
use super::process::Process;
use std::io::{self, ErrorKind, Read as _, Write as _};
use std::path::Path;
use zeroize::Zeroizing;

/// Bytes that are read at once.
const BUFFER: usize = 32 << 10;

/// What an object is, if a person wrote what is in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// The content of a file.
    Blob,
    /// A commit, with its message.
    Commit,
    /// A tag, with its message.
    Tag,
}

impl Kind {
    fn named(word: &[u8]) -> Option<Self> {
        match word {
            b"blob" => Some(Kind::Blob),
            b"commit" => Some(Kind::Commit),
            b"tag" => Some(Kind::Tag),
            _ => None,
        }
    }
}

/// Ids that are asked for at once. Together they fit into a pipe, so that nobody waits for the other.
const AT_ONCE: usize = 128;

/// A reader of blobs. What it reads may be secret: all its buffers are wiped.
pub struct Blobs {
    process: Process,
    buffer: Zeroizing<Vec<u8>>,
    /// The part of the buffer that is not used yet.
    rest: std::ops::Range<usize>,
}

impl Blobs {
    pub(super) fn start(folder: &Path) -> Result<Self, GitError> {
        let process = Process::start::<&str>(folder, "cat-file", &["--batch"], &[])?;
        Ok(Self { process, buffer: Zeroizing::new(vec![0; BUFFER]), rest: 0..0 })
    }

    /// The content of blob `id`, at most `limit` bytes. The reader can be used on after an error that is
    /// about the blob.
    ///
    /// # Errors
    /// There is no such blob, it is too large, or `git` ended.
    pub fn read(&mut self, id: &ObjectId, limit: usize) -> Result<Zeroizing<Vec<u8>>, GitError> {
        self.object(id, limit, &[Kind::Blob]).map(|(_, content)| content)
    }

    /// What a person wrote: the content of a blob, a commit or a tag, at most `limit` bytes; trees hold names
    /// only. The reader can be used on after an error that is about the object.
    ///
    /// # Errors
    /// There is no such object, it is a tree or too large, or `git` ended.
    pub fn read_text(&mut self, id: &ObjectId, limit: usize) -> Result<(Kind, Zeroizing<Vec<u8>>), GitError> {
        self.object(id, limit, &[Kind::Blob, Kind::Commit, Kind::Tag])
    }

    fn object(
        &mut self,
        id: &ObjectId,
        limit: usize,
        kinds: &[Kind],
    ) -> Result<(Kind, Zeroizing<Vec<u8>>), GitError> {
        self.ask(std::slice::from_ref(id)).map_err(|error| self.process.broken(error))?;
        self.receive(id, limit, kinds)
    }

    /// As [`Self::read`], for many; none for what is no blob or too large.
    ///
    /// # Errors
    /// `git` ended.
    pub fn read_all(
        &mut self,
        ids: &[ObjectId],
        limit: usize,
    ) -> Result<Vec<Option<Zeroizing<Vec<u8>>>>, GitError> {
        let mut contents = Vec::with_capacity(ids.len());
        for ids in ids.chunks(AT_ONCE) {
            self.ask(ids).map_err(|error| self.process.broken(error))?;
            for id in ids {
                contents.push(match self.receive(id, limit, &[Kind::Blob]) {
                    Ok((_, content)) => Some(content),
                    Err(GitError::NoBlob(_) | GitError::TooLarge { .. }) => None,
                    Err(error) => return Err(error),
                });
            }
        }
        Ok(contents)
    }

    /// The next answer.
    fn receive(
        &mut self,
        id: &ObjectId,
        limit: usize,
        kinds: &[Kind],
    ) -> Result<(Kind, Zeroizing<Vec<u8>>), GitError> {
        let header = self.line().map_err(|error| self.process.broken(error))?;
        let mut words = header.split(|b| *b == b' ').skip(1);
        let kind = words.next();
        let size = words.next().and_then(|word| std::str::from_utf8(word).ok()?.parse::<usize>().ok());
        let (Some(kind), Some(size)) = (kind, size) else {
            return match kind {
                Some(b"missing") => Err(GitError::NoBlob(id.clone())),
                _ => Err(self.process.not_understood()),
            };
        };
        let wanted = Kind::named(kind).filter(|kind| kinds.contains(kind));
        let fits = wanted.is_some() && size <= limit;
        let mut content = Zeroizing::new(vec![0; if fits { size } else { 0 }]);
        let result = if fits { self.fill(&mut content) } else { self.skip(size) };
        result.and_then(|()| self.skip(1)).map_err(|error| self.process.broken(error))?;
        match wanted {
            Some(kind) if fits => Ok((kind, content)),
            Some(_) => Err(GitError::TooLarge { id: id.clone(), limit }),
            None => Err(GitError::NoBlob(id.clone())),
        }
    }

    fn ask(&mut self, ids: &[ObjectId]) -> io::Result<()> {
        let input = self.process.input.as_mut().ok_or(ErrorKind::BrokenPipe)?;
        let lines: String = ids.iter().flat_map(|id| [id.as_str(), "\n"]).collect();
        input.write_all(lines.as_bytes())?;
        input.flush()
    }

    /// The bytes up to the end of the line.
    fn line(&mut self) -> io::Result<Vec<u8>> {
        let mut line = Vec::new();
        loop {
            let some = self.some()?;
            let end = some.iter().position(|b| *b == b'\n');
            line.extend_from_slice(&some[..end.unwrap_or(some.len())]);
            self.rest.start += end.map_or(some.len(), |end| end + 1);
            if end.is_some() {
                return Ok(line);
            }
        }
    }

    fn fill(&mut self, mut content: &mut [u8]) -> io::Result<()> {
        while !content.is_empty() {
            let some = self.some()?;
            let count = some.len().min(content.len());
            content[..count].copy_from_slice(&some[..count]);
            content = &mut content[count..];
            self.rest.start += count;
        }
        Ok(())
    }

    fn skip(&mut self, mut size: usize) -> io::Result<()> {
        while size > 0 {
            let count = self.some()?.len().min(size);
            self.rest.start += count;
            size -= count;
        }
        Ok(())
    }

    /// What can be used at once, at least one byte.
    fn some(&mut self) -> io::Result<&[u8]> {
        while self.rest.is_empty() {
            let output = self.process.output.as_mut().ok_or(ErrorKind::BrokenPipe)?;
            match output.read(&mut self.buffer) {
                Ok(0) => return Err(ErrorKind::UnexpectedEof.into()),
                Ok(count) => self.rest = 0..count,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(&self.buffer[self.rest.clone()])
    }
}

impl std::fmt::Debug for Blobs {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Blobs").finish_non_exhaustive()
    }
}
