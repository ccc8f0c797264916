//! Where secret values come from, and what is kept of them: not the values, but hashes of their parts.

use serde_json::Value;
use std::sync::OnceLock;

/// Characters in a row that are recognized as a part of a value. Fewer may be part of any word.
pub const PART: usize = 4;
/// Bytes from which a whole value is recognized wherever it stands, even if it has fewer than four characters. A
/// shorter one is recognized only where it stands alone.
const LEAST_BYTES: usize = 4;
/// Lengths, in characters, of the whole values that are looked for in crema's own words too.
pub const WHOLE: std::ops::RangeInclusive<usize> = 8..=1024;

/// Bits for each byte of the values, up to [`MOST_BITS`]: about one text in a hundred thousand is then mistaken for a
/// part of a value.
const BITS: usize = 64;
const LEAST_BITS: usize = 1 << 12;
/// 4 MB. For the largest env file, one text in twenty-five is mistaken for a part of a value.
const MOST_BITS: usize = 1 << 25;
/// Hashes for each part.
const PLACES: u64 = 4;

type Tell<'a> = &'a mut dyn FnMut(&Value);

/// Secret values. They are read when the first message has to be searched for them.
pub struct Source {
    each: Box<dyn Fn(Tell<'_>) + Send + Sync>,
    known: OnceLock<KnownText>,
}

impl Source {
    /// `each` calls back with every value: a text, or an array or object of texts.
    pub fn new(each: impl Fn(Tell<'_>) + Send + Sync + 'static) -> Source {
        Source { each: Box::new(each), known: OnceLock::new() }
    }

    pub fn of(values: Vec<Value>) -> Source {
        Source::new(move |tell| values.iter().for_each(&mut *tell))
    }

    pub fn known(&self) -> &KnownText {
        self.known.get_or_init(|| {
            let mut bytes = 0;
            self.texts(&mut |text| bytes += text.len());
            let bits = bytes.saturating_mul(BITS).next_power_of_two().clamp(LEAST_BITS, MOST_BITS);
            let mut known = KnownText { bits: vec![0; bits / 64], short: [false; PART], lengths: vec![] };
            self.texts(&mut |text| known.add(text));
            known.lengths.sort_unstable();
            known.lengths.dedup();
            known
        })
    }

    fn texts(&self, tell: &mut dyn FnMut(&str)) {
        (self.each)(&mut |value| texts(value, tell));
    }
}

/// All texts and numbers of a value. A text that is the JSON of an array or object is taken apart too.
fn texts(value: &Value, tell: &mut dyn FnMut(&str)) {
    match value {
        // No secret, and a word of many messages.
        Value::String(text) if matches!(text.as_str(), "" | "true" | "false") => {}
        Value::String(text) => {
            if text.trim_start().starts_with(['{', '['])
                && let Ok(inner) = serde_json::from_str(text)
            {
                texts(&inner, tell);
            }
            tell(text);
        }
        Value::Number(number) => tell(&number.to_string()),
        Value::Array(elements) => elements.iter().for_each(|element| texts(element, tell)),
        Value::Object(members) => members.values().for_each(|member| texts(member, tell)),
        _ => {}
    }
}

/// What is known of the values of a source: a Bloom filter of all their parts. It never misses a part, but may take
/// another text for one. Its size is linear in the values and bounded by [`MOST_BITS`].
pub struct KnownText {
    bits: Vec<u64>,
    /// Whether whole values of one, two and three characters are looked for wherever they stand.
    short: [bool; PART],
    /// The lengths of whole values in characters, within [`WHOLE`].
    lengths: Vec<usize>,
}

/// The kind of a hash that stands for a whole value (see [`Hash::end`]).
const WHOLE_KIND: u64 = 0;

impl KnownText {
    fn add(&mut self, text: &str) {
        let mut last = [' '; PART];
        let mut length = 0;
        let mut whole = Hash::default();
        for c in text.chars() {
            last.rotate_left(1);
            last[PART - 1] = c;
            length += 1;
            whole.push(c);
            if length >= PART {
                self.set(Hash::of(last).end(PART as u64));
            }
        }
        self.set(whole.end(WHOLE_KIND));
        if length < PART && text.len() >= LEAST_BYTES {
            self.short[length] = true;
            self.set(whole.end(length as u64));
        }
        if WHOLE.contains(&length) && self.lengths.last() != Some(&length) {
            self.lengths.push(length);
            // Values of alternating lengths must not make a list of them all.
            if self.lengths.len() > 1 << 14 {
                self.lengths.sort_unstable();
                self.lengths.dedup();
            }
        }
    }

    /// Whether these characters are a part of a value.
    pub fn has_part(&self, part: [char; PART]) -> bool {
        self.has(Hash::of(part).end(PART as u64))
    }

    /// Whether these characters, fewer than [`PART`], are a whole value that is recognized wherever it stands.
    pub fn has_short(&self, text: &[char]) -> bool {
        text.len() < PART && self.short[text.len()] && self.has(Hash::of(text.iter().copied()).end(text.len() as u64))
    }

    /// Whether the text is one of the values.
    pub fn has_whole(&self, text: &str) -> bool {
        self.has(Hash::of(text.chars()).end(WHOLE_KIND))
    }

    /// The length in characters of the longest value, within [`WHOLE`], that these characters begin with.
    pub fn longest_whole(&self, text: &[char]) -> Option<usize> {
        let (mut hash, mut done, mut longest) = (Hash::default(), 0, None);
        for length in self.lengths.iter().copied().take_while(|length| *length <= text.len()) {
            text[done..length].iter().for_each(|c| hash.push(*c));
            done = length;
            longest = if self.has(hash.end(WHOLE_KIND)) { Some(length) } else { longest };
        }
        longest
    }

    fn places(&self, hash: u64) -> impl Iterator<Item = u64> + use<> {
        let mask = self.bits.len() as u64 * 64 - 1;
        (0..PLACES).map(move |i| hash.wrapping_add(i.wrapping_mul(hash >> 32 | 1)) & mask)
    }

    #[allow(clippy::cast_possible_truncation, reason = "a place is below the number of bits")]
    fn set(&mut self, hash: u64) {
        for place in self.places(hash) {
            self.bits[place as usize / 64] |= 1 << (place % 64);
        }
    }

    #[allow(clippy::cast_possible_truncation, reason = "a place is below the number of bits")]
    fn has(&self, hash: u64) -> bool {
        self.places(hash).all(|place| self.bits[place as usize / 64] & (1 << (place % 64)) != 0)
    }
}

/// A hash of characters. It need not resist attacks: an author who makes two texts collide only has more of his own
/// messages masked.
#[derive(Clone, Copy)]
pub struct Hash(u64);

impl Default for Hash {
    fn default() -> Hash {
        Hash(0xcbf2_9ce4_8422_2325)
    }
}

impl Hash {
    pub fn of(text: impl IntoIterator<Item = char>) -> Hash {
        let mut hash = Hash::default();
        text.into_iter().for_each(|c| hash.push(c));
        hash
    }

    fn push(&mut self, c: char) {
        self.0 = (self.0 ^ u64::from(c)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        self.0 ^= self.0 >> 29;
    }

    /// The hash for one kind of use: of a whole value, or for one of the places of a part.
    pub fn end(self, kind: u64) -> u64 {
        let mut hash = (self.0 ^ kind).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        hash ^= hash >> 31;
        hash = hash.wrapping_mul(0x94d0_49bb_1331_11eb);
        hash ^ hash >> 32
    }
}
