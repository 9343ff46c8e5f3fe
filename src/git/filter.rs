//! The long-running filter process of Git, protocol version 2.
//!
//! Packets of at most 65,520 bytes: four hex digits with the length of all, then the data; `0000` ends a
//! list. Git hands over one file after the other and waits for each; a file is read whole before the
//! answer begins, since Git does not read while it writes.

use std::io::{self, ErrorKind, Read, Write};
use zeroize::Zeroizing;

/// The most data in a packet.
const MOST: usize = 65_516;

/// Which way a file goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// From the worktree into the repository.
    Clean,
    /// From the repository into the worktree.
    Smudge,
}

/// What a filter does with files: it lets them through as they are, or does not.
pub trait Gate {
    /// How much of a file is needed to decide; of a larger one it gets nothing.
    fn limit(&self) -> usize;

    /// Whether the file called `name` may enter the repository; no content if it is too large.
    fn admits(&mut self, name: &[u8], content: Option<&[u8]>) -> bool;
}

/// Answers Git until it closes the pipe.
///
/// # Errors
/// A pipe breaks, or Git does not keep to the protocol.
pub fn serve(input: &mut impl Read, output: &mut impl Write, gate: &mut impl Gate) -> io::Result<()> {
    let hello = list(input)?.ok_or(ErrorKind::UnexpectedEof)?;
    if !has(&hello, b"git-filter-client") || !has(&hello, b"version=2") {
        return Err(strange("Git does not speak version 2 of the filter protocol"));
    }
    for line in [&b"git-filter-server"[..], b"version=2"] {
        packet(output, line, true)?;
    }
    flush(output)?;
    let offered = list(input)?.ok_or(ErrorKind::UnexpectedEof)?;
    for capability in [&b"capability=clean"[..], b"capability=smudge"] {
        if has(&offered, capability) {
            packet(output, capability, true)?;
        }
    }
    flush(output)?;
    while let Some(request) = list(input)? {
        answer(&request, input, output, gate)?;
    }
    Ok(())
}

fn answer(
    request: &[Vec<u8>],
    input: &mut impl Read,
    output: &mut impl Write,
    gate: &mut impl Gate,
) -> io::Result<()> {
    let field = |name: &[u8]| request.iter().find_map(|line| line.strip_prefix(name));
    let direction = match field(b"command=") {
        Some(b"clean") => Some(Direction::Clean),
        Some(b"smudge") => Some(Direction::Smudge),
        _ => None,
    };
    let name = field(b"pathname=").unwrap_or_default();
    let keep = if direction == Some(Direction::Clean) { gate.limit() } else { usize::MAX };
    let content = Content::read(input, keep)?;
    let admitted = match direction {
        Some(Direction::Smudge) => true,
        Some(Direction::Clean) => gate.admits(name, content.whole().as_deref().map(Vec::as_slice)),
        None => false,
    };
    if !admitted {
        packet(output, b"status=error", true)?;
        return flush(output);
    }
    packet(output, b"status=success", true)?;
    end(output)?;
    for part in &content.parts {
        packet(output, part, false)?;
    }
    end(output)?;
    // An empty list: the status stays.
    flush(output)
}

/// The content of a file, in the pieces it came in. It may be secret.
struct Content {
    parts: Vec<Zeroizing<Vec<u8>>>,
    size: usize,
    is_cut: bool,
}

impl Content {
    /// Reads to the end of the list; what is larger than `most` is not kept.
    fn read(input: &mut impl Read, most: usize) -> io::Result<Self> {
        let mut content = Self { parts: Vec::new(), size: 0, is_cut: false };
        loop {
            match next(input)? {
                Next::Data(part) => {
                    content.size = content.size.saturating_add(part.len());
                    if content.size > most {
                        content.is_cut = true;
                        content.parts.clear();
                    } else {
                        content.parts.push(part);
                    }
                }
                Next::Flush => return Ok(content),
                Next::End => return Err(ErrorKind::UnexpectedEof.into()),
            }
        }
    }

    /// All of it in one piece.
    fn whole(&self) -> Option<Zeroizing<Vec<u8>>> {
        if self.is_cut {
            return None;
        }
        let mut whole = Zeroizing::new(Vec::with_capacity(self.size));
        self.parts.iter().for_each(|part| whole.extend_from_slice(part));
        Some(whole)
    }
}

enum Next {
    Data(Zeroizing<Vec<u8>>),
    Flush,
    End,
}

/// The next packet.
fn next(input: &mut impl Read) -> io::Result<Next> {
    let mut digits = [0; 4];
    let mut read = 0;
    while read < digits.len() {
        match input.read(&mut digits[read..]) {
            Ok(0) if read == 0 => return Ok(Next::End),
            Ok(0) => return Err(ErrorKind::UnexpectedEof.into()),
            Ok(count) => read += count,
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    let text = std::str::from_utf8(&digits).ok().filter(|text| text.bytes().all(|b| b.is_ascii_hexdigit()));
    let length = text.and_then(|text| usize::from_str_radix(text, 16).ok());
    match length {
        Some(0) => Ok(Next::Flush),
        Some(length @ 4..=65_520) => {
            let mut data = Zeroizing::new(vec![0; length - 4]);
            input.read_exact(&mut data)?;
            Ok(Next::Data(data))
        }
        _ => Err(strange("the length of a packet is none")),
    }
}

/// The lines up to the end of the list; none where Git has closed the pipe.
fn list(input: &mut impl Read) -> io::Result<Option<Vec<Vec<u8>>>> {
    /// Git sends a handful.
    const LINES: usize = 64;
    let mut lines = Vec::new();
    loop {
        match next(input)? {
            Next::Data(line) if lines.len() < LINES => {
                lines.push(line.strip_suffix(b"\n").unwrap_or(&line).to_vec());
            }
            Next::Data(_) => return Err(strange("a list has too many lines")),
            Next::Flush => return Ok(Some(lines)),
            Next::End if lines.is_empty() => return Ok(None),
            Next::End => return Err(ErrorKind::UnexpectedEof.into()),
        }
    }
}

fn has(lines: &[Vec<u8>], wanted: &[u8]) -> bool {
    lines.iter().any(|line| line == wanted)
}

fn packet(output: &mut impl Write, data: &[u8], is_line: bool) -> io::Result<()> {
    for data in data.chunks(MOST) {
        let length = data.len() + usize::from(is_line) + 4;
        output.write_all(format!("{length:04x}").as_bytes())?;
        output.write_all(data)?;
        if is_line {
            output.write_all(b"\n")?;
        }
    }
    Ok(())
}

fn end(output: &mut impl Write) -> io::Result<()> {
    output.write_all(b"0000")
}

fn flush(output: &mut impl Write) -> io::Result<()> {
    end(output)?;
    output.flush()
}

fn strange(what: &'static str) -> io::Error {
    io::Error::new(ErrorKind::InvalidData, what)
}

#[cfg(test)]
mod tests {
    use super::{Gate, serve};

    struct NoX;

    impl Gate for NoX {
        fn limit(&self) -> usize {
            200_000
        }

        fn admits(&mut self, name: &[u8], content: Option<&[u8]>) -> bool {
            content.is_some_and(|content| !content.contains(&b'x')) && name != b"no"
        }
    }

    fn line(text: &str) -> Vec<u8> {
        format!("{:04x}{text}\n", text.len() + 5).into_bytes()
    }

    fn data(bytes: &[u8]) -> Vec<u8> {
        let mut all = Vec::new();
        for part in bytes.chunks(65_516) {
            all.extend(format!("{:04x}", part.len() + 4).into_bytes());
            all.extend(part);
        }
        all.extend(b"0000");
        all
    }

    fn hello() -> Vec<u8> {
        let mut all = [line("git-filter-client"), line("version=2"), b"0000".to_vec()].concat();
        all.extend([line("capability=clean"), line("capability=smudge"), line("capability=delay")].concat());
        all.extend(b"0000");
        all
    }

    fn request(command: &str, name: &str, content: &[u8]) -> Vec<u8> {
        let head = [line(&format!("command={command}")), line(&format!("pathname={name}"))].concat();
        [head, b"0000".to_vec(), data(content)].concat()
    }

    fn served(input: &[u8]) -> Result<Vec<u8>, std::io::Error> {
        let mut output = Vec::new();
        serve(&mut &input[..], &mut output, &mut NoX).map(|()| output)
    }

    #[test]
    fn files_pass_as_they_are_or_not_at_all() {
        let welcome = [line("git-filter-server"), line("version=2"), b"0000".to_vec()].concat();
        let welcome =
            [welcome, line("capability=clean"), line("capability=smudge"), b"0000".to_vec()].concat();
        assert_eq!(served(&hello()).unwrap(), welcome);
        let passed = |content: &[u8]| {
            [welcome.clone(), line("status=success"), b"0000".to_vec(), data(content), b"0000".to_vec()]
                .concat()
        };
        let refused = [welcome.clone(), line("status=error"), b"0000".to_vec()].concat();
        let large = vec![b'a'; 150_000];
        for (command, name, content, wanted) in [
            ("clean", "a", &b"abc"[..], passed(b"abc")),
            ("clean", "a", b"", passed(b"")),
            ("clean", "a", &large, passed(&large)),
            ("clean", "a", &vec![b'a'; 200_001], refused.clone()),
            ("clean", "a", b"x", refused.clone()),
            ("clean", "no", b"abc", refused.clone()),
            ("smudge", "no", b"x", passed(b"x")),
            ("smudge", "a", &vec![b'x'; 300_000], passed(&vec![b'x'; 300_000])),
            ("other", "a", b"abc", refused.clone()),
        ] {
            let input = [hello(), request(command, name, content)].concat();
            assert!(served(&input).unwrap() == wanted, "{command} {name} of {} bytes", content.len());
        }
    }

    #[test]
    fn what_is_not_the_protocol_is_an_error() {
        for input in [
            b"".to_vec(),
            b"00".to_vec(),
            b"0003".to_vec(),
            b"+005a0000".to_vec(),
            b"fffff".to_vec(),
            [line("git-filter-client"), b"0000".to_vec()].concat(),
            [hello(), line("command=clean")].concat(),
            [hello(), line("command=clean"), b"0000".to_vec(), b"0010abc".to_vec()].concat(),
        ] {
            assert!(served(&input).is_err(), "{:?}", String::from_utf8_lossy(&input));
        }
    }
}
