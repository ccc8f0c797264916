//! What the name of a region looks like. It becomes part of host names, so a typing error in it would otherwise be
//! reported as a host that cannot be reached.

/// The last part but one of the regions of all partitions.
const DIRECTIONS: [&str; 9] =
    ["central", "north", "south", "east", "west", "northeast", "northwest", "southeast", "southwest"];

/// Whether this may be the name of a region in any partition: `ap-northeast-1`, `us-gov-west-1`, `eusc-de-east-1`.
pub fn is_region(name: &str) -> bool {
    let parts: Vec<&str> = name.split('-').collect();
    let (place, number) = match parts[..] {
        [place, direction, number] if DIRECTIONS.contains(&direction) => (vec![place], number),
        [place, partition, direction, number] if DIRECTIONS.contains(&direction) => (vec![place, partition], number),
        _ => return false,
    };
    let is_word = |word: &&str| (2..=5).contains(&word.len()) && word.bytes().all(|b| b.is_ascii_lowercase());
    let is_number = (1..=2).contains(&number.len()) && number.bytes().all(|b| b.is_ascii_digit());
    place.iter().all(is_word) && is_number && !number.starts_with('0')
}

/// # Errors
/// If this is no region; the message says what one looks like. It does not quote the text, which may be a secret that
/// was put in by mistake.
pub fn check(name: &str) -> Result<(), String> {
    if is_region(name) {
        return Ok(());
    }
    let zone = name.strip_suffix(|c: char| c.is_ascii_lowercase()).filter(|region| is_region(region));
    Err(match zone {
        Some(region) => format!("no region but {name}, one of its zones; expected {region}"),
        None => "no region; expected one such as ap-northeast-1 or us-gov-west-1".to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_regions_of_every_partition_are_regions() {
        for region in [
            "us-east-1",
            "us-west-2",
            "af-south-1",
            "ap-east-1",
            "ap-east-2",
            "ap-northeast-3",
            "ap-south-2",
            "ap-southeast-7",
            "ca-central-1",
            "ca-west-1",
            "eu-central-2",
            "eu-north-1",
            "il-central-1",
            "me-south-1",
            "mx-central-1",
            "sa-east-1",
            "cn-north-1",
            "cn-northwest-1",
            "us-gov-east-1",
            "us-gov-west-1",
            "us-iso-east-1",
            "us-iso-west-1",
            "us-isob-east-1",
            "us-isob-west-1",
            "us-isof-south-1",
            "us-isof-east-1",
            "eu-isoe-west-1",
            "eusc-de-east-1",
            "ap-southeast-10",
        ] {
            assert_eq!(check(region), Ok(()), "{region}");
        }
    }

    #[test]
    fn anything_else_is_none_and_the_right_form_is_told() {
        for other in [
            "",
            "no",
            "Ireland",
            "eu-west",
            "eu-west-",
            "eu-west-0",
            "eu-west-01",
            "eu-west-100",
            "EU-WEST-1",
            "eu_west_1",
            "eu west 1",
            " eu-west-1",
            "eu-west-1 ",
            "eu-wset-1",
            "ap-northest-1",
            "us-west-2-lax-1a",
            "-west-1",
            "aws-global",
            "eu-west-1.amazonaws.com",
            "eu-west-1/x",
            "ap-northeast-１",
            "us-gov-x-west-1",
            "local",
        ] {
            assert!(check(other).unwrap_err().contains("expected one such as ap-northeast-1"), "{other}");
        }
        assert_eq!(
            check("ap-northeast-1a").unwrap_err(),
            "no region but ap-northeast-1a, one of its zones; expected ap-northeast-1"
        );
    }
}
