//! INI files by the rules of SOPS, line by line: sections stay apart, a key keeps its first place and its
//! last value, comments are dropped.

use crate::datum::Datum;

/// Reads a file into a map of maps. `DEFAULT` before any section is there only if it has keys.
pub(super) fn read(text: &[u8]) -> Result<Datum, String> {
    let text = std::str::from_utf8(text).map_err(|e| e.to_string())?;
    let mut lines = text.trim_start_matches('\u{feff}').split_inclusive('\n');
    let mut sections: Vec<(String, Vec<(String, String)>)> = vec![("DEFAULT".to_owned(), Vec::new())];
    while let Some(line) = lines.next() {
        let line = line.trim_start();
        if line.is_empty() || line.starts_with(['#', ';']) {
            continue;
        }
        if let Some(header) = line.strip_prefix('[') {
            let end = header.rfind(']').ok_or("a header does not end")?;
            sections.push((header[..end].to_owned(), Vec::new()));
            continue;
        }
        let (key, rest) = key(line)?;
        let value = value(rest.trim_start(), &mut lines)?;
        let keys = &mut sections.last_mut().unwrap().1;
        match keys.iter_mut().find(|(name, _)| *name == key) {
            Some((_, old)) => *old = value,
            None => keys.push((key, value)),
        }
    }
    if sections[0].1.is_empty() {
        sections.remove(0);
    }
    let datum = |text: String| Datum::Str(text.into_bytes());
    let map = |keys: Vec<(String, String)>| {
        Datum::Map(keys.into_iter().map(|(key, value)| (key.into_bytes(), datum(value))).collect())
    };
    Ok(Datum::Map(sections.into_iter().map(|(name, keys)| (name.into_bytes(), map(keys))).collect()))
}

fn key(line: &str) -> Result<(String, &str), String> {
    for quote in ["\"\"\"", "\"", "`"] {
        let Some(inner) = line.strip_prefix(quote) else { continue };
        let (key, rest) = inner.split_once(quote).ok_or("a key has no closing quote")?;
        let at = rest.find(['=', ':']).ok_or("no delimiter behind a key")?;
        return Ok((key.trim().to_owned(), &rest[at + 1..]));
    }
    let at = line.find(['=', ':']).ok_or_else(|| format!("no delimiter in {line:?}"))?;
    Ok((line[..at].trim().to_owned(), &line[at + 1..]))
}

fn value<'t>(rest: &'t str, lines: &mut impl Iterator<Item = &'t str>) -> Result<String, String> {
    for quote in ["\"\"\"", "`"] {
        let Some(inner) = rest.strip_prefix(quote).filter(|_| rest.len() > 3 || quote == "`") else {
            continue;
        };
        if let Some(end) = inner.rfind(quote) {
            return Ok(inner[..end].to_owned());
        }
        let mut value = inner.to_owned();
        for line in lines {
            match line.rfind(quote) {
                Some(end) => return Ok(value + &line[..end]),
                None => value.push_str(line),
            }
        }
        return Err("a value has no closing quote".to_owned());
    }
    let rest = rest.trim();
    if let Some(first) = rest.strip_suffix('\\') {
        let mut value = first.to_owned();
        for line in lines {
            let line = line.trim();
            value.push_str(line.strip_suffix('\\').unwrap_or(line));
            if !line.ends_with('\\') {
                break;
            }
        }
        return Ok(value);
    }
    let text = rest.split(['#', ';']).next().unwrap().trim();
    for quote in ['\'', '"'] {
        if let Some(inner) = text.strip_prefix(quote).and_then(|inner| inner.strip_suffix(quote))
            && !inner.contains(quote)
        {
            return Ok(inner.to_owned());
        }
    }
    Ok(text.to_owned())
}
