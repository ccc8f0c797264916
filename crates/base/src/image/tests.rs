use super::*;

const REGISTRY: &str = "123456789012.dkr.ecr.ap-northeast-1.amazonaws.com";
const DIGEST: &str = "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";

fn tag_of(reference: &str) -> Option<String> {
    let EcrImage::Tag { repository: Repository { account, region, name }, tag } = parse(reference)? else {
        return None;
    };
    Some(format!("{account} {region} {name}:{tag}"))
}

/// The message about a reference that is refused.
fn wrong(reference: &str) -> String {
    match read(reference) {
        Reference::Wrong(what) => crate::secrecy::plain(&what),
        other => panic!("{reference:?} is {other:?}"),
    }
}

#[test]
fn every_form_of_a_private_registrys_host_is_known_in_every_partition() {
    for (host, region) in [
        (REGISTRY, "ap-northeast-1"),
        ("123456789012.dkr.ecr-fips.us-east-1.amazonaws.com", "us-east-1"),
        ("123456789012.dkr.ecr.us-gov-west-1.amazonaws.com", "us-gov-west-1"),
        ("123456789012.dkr.ecr-fips.us-gov-east-1.amazonaws.com", "us-gov-east-1"),
        ("123456789012.dkr.ecr.cn-north-1.amazonaws.com.cn", "cn-north-1"),
        ("123456789012.dkr.ecr.eusc-de-east-1.amazonaws.eu", "eusc-de-east-1"),
        ("123456789012.dkr.ecr.us-iso-east-1.c2s.ic.gov", "us-iso-east-1"),
        ("123456789012.dkr.ecr-fips.us-iso-west-1.c2s.ic.gov", "us-iso-west-1"),
        ("123456789012.dkr.ecr.us-isob-east-1.sc2s.sgov.gov", "us-isob-east-1"),
        ("123456789012.dkr.ecr.eu-isoe-west-1.cloud.adc-e.uk", "eu-isoe-west-1"),
        ("123456789012.dkr.ecr.us-isof-south-1.csp.hci.ic.gov", "us-isof-south-1"),
        ("123456789012.dkr-ecr.eu-west-1.on.aws", "eu-west-1"),
        ("123456789012.dkr-ecr-fips.us-gov-west-1.on.aws", "us-gov-west-1"),
        ("123456789012.dkr-ecr.cn-northwest-1.on.amazonwebservices.com.cn", "cn-northwest-1"),
        ("123456789012.dkr-ecr.eusc-de-east-1.on.amazonwebservices.eu", "eusc-de-east-1"),
        ("123456789012.dkr-ecr.us-iso-east-1.on.aws.ic.gov", "us-iso-east-1"),
        ("123456789012.dkr-ecr-fips.us-isob-west-1.on.aws.scloud", "us-isob-west-1"),
        ("123456789012.dkr-ecr.eu-isoe-west-1.on.cloud-aws.adc-e.uk", "eu-isoe-west-1"),
        ("123456789012.dkr-ecr.us-isof-east-1.on.aws.hci.ic.gov", "us-isof-east-1"),
    ] {
        let expected = format!("123456789012 {region} team/batch:v1.2");
        let reference = format!("{host}/team/batch:v1.2");
        assert_eq!(tag_of(&reference), Some(expected), "{host}");
        assert_eq!(other_domain(&reference, region), None, "{host}");
    }
}

#[test]
fn a_registry_outside_its_regions_domain_is_told() {
    let told = other_domain("123456789012.dkr.ecr.cn-north-1.amazonaws.com/batch", "cn-north-1").unwrap();
    assert!(told.contains("amazonaws.com.cn"), "{told}");
}

#[test]
fn other_registries_are_none_of_ours() {
    for reference in [
        "nginx",
        "nginx:latest",
        "library/nginx@sha512:ab",
        "docker.io/library/nginx:1.27",
        "https://docker.io/nginx",
        "public.ecr.aws/docker/library/busybox:1",
        "ecr-public.aws.com/docker/library/busybox:1",
        "ghcr.io/acme/batch:1",
        "GHCR.io/Acme/Batch:1",
        "quay.io/acme/batch@sha256:ab",
        "localhost:5000/batch:1",
        "registry.example.org:443/batch:",
        "ecr/batch:1",
        "123456789012/batch:1",
        "registry.ecr.example.org/batch",
        "dkr.ecr.io/batch",
        "000000000000.dkr.ecr.us-east-1.localhost.localstack.cloud:4566/batch:1",
        "123456789012.dkr.ecr.ap-northeast-1.amazonaws.com.example.org/batch:1",
        "ghcr.io/mirror/123456789012.dkr.ecr.ap-northeast-1.amazonaws.com/batch:1",
        "registry-1234567890.us-east-1.elb.amazonaws.com:5000/batch:1",
        "ec2-203-0-113-7.compute-1.amazonaws.com:5000/batch:1",
        "abcdef.lambda-url.us-east-1.on.aws/batch:1",
        "vpce-0a1b-2c3d.dkr.ecr.us-east-1.vpce.amazonaws.com/batch:1",
        "arn:aws:s3:::bucket/batch",
        "",
        "/",
        "@",
        ":",
        " ",
    ] {
        assert_eq!(parse(reference), None, "{reference}");
        assert_eq!(read(reference), Reference::Elsewhere, "{reference}");
    }
}

#[test]
fn a_host_that_is_meant_to_be_a_private_registrys_and_is_none_is_told_with_what_is_right() {
    for (host, says) in [
        ("12345678901.dkr.ecr.ap-northeast-1.amazonaws.com", "has 11 digits"),
        ("1234567890123.dkr.ecr.ap-northeast-1.amazonaws.com", "has 13 digits"),
        ("12345.dkr.ecr.ap-northeast-1.amazonaws.com", "has 5 digits"),
        ("undefined.dkr.ecr.ap-northeast-1.amazonaws.com", "was not set"),
        ("null.dkr.ecr.ap-northeast-1.amazonaws.com", "was not set"),
        (".dkr.ecr.ap-northeast-1.amazonaws.com", "was not set"),
        ("undefined.dkr.ecr.undefined.amazonaws.com", "was not set"),
        ("dkr.ecr.ap-northeast-1.amazonaws.com", "12 digits"),
        ("1234-5678-9012.dkr.ecr.ap-northeast-1.amazonaws.com", "12 digits"),
        ("${ACCOUNT}.dkr.ecr.ap-northeast-1.amazonaws.com", "12 digits"),
        ("<aws_account_id>.dkr.ecr.<region>.amazonaws.com", "12 digits"),
        ("https://123456789012.dkr.ecr.ap-northeast-1.amazonaws.com", "scheme"),
        ("HTTP://123456789012.dkr.ecr.ap-northeast-1.amazonaws.com", "scheme"),
        ("docker://123456789012.dkr.ecr.ap-northeast-1.amazonaws.com", "scheme"),
        ("//123456789012.dkr.ecr.ap-northeast-1.amazonaws.com", "begins with /"),
        ("123456789012.dkr.ecr.ap-northeast-1.amazonaws.com:443", "port"),
        ("123456789012.dkr-ecr.ap-northeast-1.on.aws:5000", "port"),
        ("AWS@123456789012.dkr.ecr.ap-northeast-1.amazonaws.com", "without a user"),
        (" 123456789012.dkr.ecr.ap-northeast-1.amazonaws.com", "begins or ends with a blank"),
        ("123456789012.dkr.ecr.ap-northeast-1.amazonaws.com ", "has within it a blank"),
        ("123456789012.dkr.ecr. ap-northeast-1.amazonaws.com", "has within it a blank"),
        ("\u{feff}123456789012.dkr.ecr.ap-northeast-1.amazonaws.com", "begins or ends with a blank"),
        ("123456789012.DKR.ECR.ap-northeast-1.amazonaws.com", "capital letters"),
        ("123456789012.dkr.ecr.AP-NORTHEAST-1.amazonaws.com", "capital letters"),
        ("\"123456789012.dkr.ecr.ap-northeast-1.amazonaws.com", "does not belong there"),
        ("123456789012.dkr.ecr.ap-northeast-1.amazonaws.com.", "does not belong there"),
        ("123456789012.dkr.ecr..amazonaws.com", "no region"),
        ("123456789012.dkr.ecr.amazonaws.com", "no region"),
        ("123456789012.dkr.ecr.undefined.amazonaws.com", "no region"),
        ("123456789012.dkr.ecr.ap-northeast-1a.amazonaws.com", "Availability Zone"),
        ("123456789012.dkr.ecr.tokyo.amazonaws.com", "no region"),
        ("123456789012.dkr.ecr.ap-northeast-1.on.aws", "mixes two forms"),
        ("123456789012.dkr-ecr.ap-northeast-1.amazonaws.com", "mixes two forms"),
        ("123456789012.dkr.ecr.ap-northeast-1.amazonaws.co", "no domain of AWS"),
        ("123456789012.dkr.ecr.ap-northeast-1.amazonaws", "no domain of AWS"),
        ("123456789012.dkr.ecr.ap-northeast-1.amazonws.com", "no domain of AWS"),
        ("123456789012.dkr.ecr.ap-northeast-1.amazon.com", "no domain of AWS"),
        ("123456789012.dkr.ecr.ap-northeast-1", "no domain of AWS"),
        ("123456789012.ecr.ap-northeast-1.amazonaws.com", "none of ECR's"),
        ("123456789012.drk.ecr.ap-northeast-1.amazonaws.com", "none of ECR's"),
        ("123456789012.dkr.ecr-public.ap-northeast-1.amazonaws.com", "none of ECR's"),
        ("api.ecr.ap-northeast-1.amazonaws.com", "12 digits"),
    ] {
        for rest in ["/batch:release", "/team/batch", &format!("/batch@{DIGEST}")] {
            let told = wrong(&format!("{host}{rest}"));
            assert!(told.contains(says), "{host}{rest}: {told}");
        }
    }
    assert!(wrong("12345678901.dkr.ecr.eu-west-1.amazonaws.com/batch").contains(REGISTRY), "names how it is right");
}

#[test]
fn what_follows_a_private_registry_and_cannot_be_is_told_with_what_is_right() {
    let hex = &DIGEST[7..];
    for (rest, says) in [
        (String::new(), "no repository"),
        ("/".to_owned(), "no repository"),
        (":release".to_owned(), "no repository"),
        (format!("@{DIGEST}"), "no repository"),
        ("/:release".to_owned(), "no repository"),
        ("/batch:".to_owned(), "nothing follows the colon"),
        (format!("/batch:@{DIGEST}"), "nothing follows the colon"),
        ("/Batch".to_owned(), "capital letters"),
        ("/team/Batch:v1".to_owned(), "capital letters"),
        ("/batch:a b".to_owned(), "blank"),
        ("/batch :a".to_owned(), "blank"),
        ("/batch:release\n".to_owned(), "begins or ends with a blank, a line end"),
        ("/batch//x".to_owned(), "a / too many"),
        ("//batch".to_owned(), "a / too many"),
        ("/batch/:v1".to_owned(), "a / too many"),
        ("/-batch".to_owned(), "lower-case letters"),
        ("/bätch".to_owned(), "lower-case letters"),
        (format!("/{}", "b".repeat(257)), "257 characters"),
        ("/b:c:d".to_owned(), "two tags"),
        ("/b:c/d".to_owned(), "a / follows the tag"),
        ("/b:-c".to_owned(), "no tag has"),
        ("/b:${TAG}".to_owned(), "no tag has"),
        (format!("/b:{}", "c".repeat(129)), "129 characters"),
        ("/batch@".to_owned(), "no digest"),
        ("/batch@release".to_owned(), "no digest"),
        (format!("/batch@{hex}"), "no digest"),
        ("/batch@sha256:".to_owned(), "has 0 hexadecimal digits"),
        (format!("/batch@{}", &DIGEST[..70]), "has 63 hexadecimal digits"),
        (format!("/batch@{DIGEST}0"), "has 65 hexadecimal digits"),
        (format!("/batch@{DIGEST}@{DIGEST}"), "hexadecimal digits"),
        (format!("/batch@sha512:{hex}{hex}"), "none of sha256"),
        (format!("/batch@SHA256:{hex}"), "none of sha256"),
        (format!("/batch@sha256:{}", hex.to_uppercase()), "capital letters"),
        (format!("/batch@sha256:{}", hex.replace('9', "g")), "not hexadecimal"),
    ] {
        for host in [REGISTRY, "123456789012.dkr-ecr.ap-northeast-1.on.aws"] {
            let reference = format!("{host}{rest}");
            assert_eq!(parse(&reference), None, "{reference}");
            let told = wrong(&reference);
            assert!(told.contains(says), "{reference}: {told}");
        }
    }
}

#[test]
fn the_arn_of_a_repository_is_told_with_the_reference_that_it_stands_for() {
    for arn in [
        "arn:aws:ecr:ap-northeast-1:123456789012:repository/team/batch",
        "arn:aws:ecr:ap-northeast-1:123456789012:repository/team/batch:release",
    ] {
        assert!(wrong(arn).contains(&format!("{REGISTRY}/team/batch:TAG")), "{arn}");
    }
    let chinese = "arn:aws-cn:ecr:cn-north-1:123456789012:repository/batch";
    assert!(wrong(chinese).contains("123456789012.dkr.ecr.cn-north-1.amazonaws.com.cn/batch:TAG"));
    assert!(wrong("arn:aws:ecr:::x").contains("REPOSITORY:TAG"));
}

#[test]
fn no_part_of_a_reference_that_may_come_from_a_lookup_is_quoted() {
    for part in ["hunter2", "Hunter2", "-hunter2"] {
        for reference in [
            format!("{part}.dkr.ecr.ap-northeast-1.amazonaws.com/batch"),
            format!("123456789012.dkr.ecr.{part}.amazonaws.com/batch"),
            format!("{REGISTRY}/{part}:"),
            format!("{REGISTRY}/batch:{part}:{part}"),
            format!("{REGISTRY}/batch@{part}:{part}"),
            format!("{part}://{REGISTRY}/batch"),
            format!("{part}@{REGISTRY}/batch"),
        ] {
            assert!(!wrong(&reference).to_lowercase().contains("hunter2"), "{reference}: {}", wrong(&reference));
        }
    }
}

#[test]
fn no_tag_means_latest() {
    let expected = "123456789012 ap-northeast-1 batch:latest";
    assert_eq!(tag_of(&format!("{REGISTRY}/batch")).as_deref(), Some(expected));
}

#[test]
fn a_digest_is_what_is_asked_for_whether_or_not_a_tag_stands_beside_it() {
    let digest = parse(&format!("{REGISTRY}/batch@{DIGEST}")).unwrap();
    assert_eq!(digest.digest(), Some(DIGEST));
    assert_eq!(parse(&format!("{REGISTRY}/batch:v1@{DIGEST}")), Some(digest));
}

#[test]
fn a_push_is_that_of_every_host_of_its_registry_and_of_no_digest() {
    let [account, region, name] = ["123456789012", "us-east-1", "batch"].map(str::to_owned);
    let pushed = EcrImage::Tag { repository: Repository { account, region, name }, tag: "v1".into() };
    let is = |reference: &str| parse(reference).unwrap() == pushed;
    for host in ["dkr.ecr.us-east-1.amazonaws.com", "dkr.ecr-fips.us-east-1.amazonaws.com", "dkr-ecr.us-east-1.on.aws"]
    {
        assert!(is(&format!("123456789012.{host}/batch:v1")), "{host}");
    }
    for other in ["/batch:v2", "/batch", "/team/batch:v1", &format!("/batch:v1@{DIGEST}")] {
        assert!(!is(&format!("123456789012.dkr.ecr.us-east-1.amazonaws.com{other}")), "{other}");
    }
    for host in ["123456789012.dkr.ecr.eu-west-1.amazonaws.com", "210987654321.dkr.ecr.us-east-1.amazonaws.com"] {
        assert!(!is(&format!("{host}/batch:v1")), "{host}");
    }
}

#[test]
fn pinning_keeps_the_host_as_written() {
    for rest in ["batch", "batch:release", "batch:release@sha256:cd", "batch@sha256:cd"] {
        assert_eq!(pinned(&format!("{REGISTRY}/team/{rest}"), "sha256:ab"), format!("{REGISTRY}/team/batch@sha256:ab"));
    }
    assert_eq!(pinned("localhost:5000/batch", "sha256:ab"), "localhost:5000/batch@sha256:ab");
}

#[test]
fn a_digest_has_sixty_four_lower_case_digits() {
    assert!(is_digest(DIGEST));
    let hex = &DIGEST[7..];
    for digest in
        ["", "sha256:", hex, &DIGEST[..70], &format!("{DIGEST}0"), &format!("sha512:{hex}"), &DIGEST.to_uppercase()]
    {
        assert!(!is_digest(digest), "{digest}");
    }
}
