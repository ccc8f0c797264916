use super::*;

const USER: &str = "AccessDeniedException: User: arn:aws:sts::123456789012:assumed-role/crema/crema is not authorized to \
                    perform: ";
const ROLE: &str = "arn:aws:iam::123456789012:role/shop-task";

/// The message about a registration that is denied with these words.
fn told(said: &str) -> String {
    let parameters = parameters_of("ecs:RegisterTaskDefinition");
    crema_base::secrecy::plain(&Denial::read(said).told("ecs:RegisterTaskDefinition", "arn:own", parameters))
}

#[test]
fn the_permission_that_aws_names_is_the_one_that_is_told_with_its_parameter() {
    let family = "arn:aws:ecs:eu-west-1:123456789012:task-definition/batch:*";
    let key = "arn:aws:kms:eu-west-1:123456789012:key/0a1b";
    for (action, resource, parameter) in [
        ("iam:PassRole", ROLE, "TaskRoleArns"),
        ("ecs:TagResource", family, "FamilyArns"),
        ("ecs:RegisterTaskDefinition", family, "FamilyArns"),
        ("kms:Decrypt", key, "KmsKeyArns"),
    ] {
        for tail in [
            String::new(),
            format!(" because no identity-based policy allows the {action} action"),
            format!(" because no identity-based policy allows the {action} action (Service: Ecs, Status Code: 400)"),
        ] {
            let text = told(&format!("{USER}{action} on resource: {resource}{tail}"));
            // Of its own call crema knows the pattern.
            let resource = if action == "ecs:RegisterTaskDefinition" { "arn:own" } else { resource };
            let expected =
                format!("the function's role needs `{action}` on `{resource}`, by the stack's parameter `{parameter}`");
            assert_eq!(text, expected, "{tail}");
        }
    }
}

#[test]
fn an_explicit_deny_is_told_as_one_with_whose_policy_it_is() {
    for (policy, says) in [
        ("a service control policy", "a service control policy of the organisation"),
        (
            "a service control policy: arn:aws:organizations::1:policy/o-1/service_control_policy/p-1",
            "of the organisation",
        ),
        ("a resource control policy", "a resource control policy of the organisation"),
        ("a permissions boundary", "the permissions boundary of the function's role"),
        ("a session policy", "session policy"),
        ("a resource-based policy", "the resource-based policy of the resource itself"),
        ("an identity-based policy", "a policy of the function's role"),
        ("a VPC endpoint policy", "VPC endpoint"),
    ] {
        let text = told(&format!("{USER}iam:PassRole on resource: {ROLE} with an explicit deny in {policy}"));
        assert!(text.starts_with("an explicit deny in ") && text.contains(says), "{policy}: {text}");
        assert!(text.contains(&format!("`iam:PassRole` on `{ROLE}`")), "{policy}: {text}");
        assert!(!text.contains("stack's parameter") && !text.contains("needs"), "{policy}: {text}");
    }
    let text = told(&format!("{USER}iam:PassRole on resource: {ROLE} with an explicit deny"));
    assert!(text.starts_with("an explicit deny in a policy forbids"), "{text}");
}

#[test]
fn what_no_policy_of_the_organisation_or_of_the_resource_allows_is_told_as_such() {
    let of = |policy| {
        told(&format!("{USER}iam:PassRole on resource: {ROLE} because no {policy} allows the iam:PassRole action"))
    };
    for (policy, says) in [
        ("service control policy", "not allowed by a service control policy of the organisation"),
        ("resource control policy", "not allowed by a resource control policy of the organisation"),
        ("permissions boundary", "not allowed by the permissions boundary of the function's role"),
        ("session policy", "not allowed by the session policy"),
        ("VPC endpoint policy", "not allowed by the policy of a VPC endpoint"),
    ] {
        assert!(of(policy).contains(says) && !of(policy).contains("stack's parameter"), "{}", of(policy));
    }
    let said = format!(
        "{USER}ecr:BatchGetImage on resource: arn:aws:ecr:eu-west-1:210987654321:repository/shop because no resource-based \
         policy allows the ecr:BatchGetImage action"
    );
    let text = Denial::read(&said).told("ecr:BatchGetImage", "arn:own", parameters_of("ecr:BatchGetImage"));
    let says = ["the policy of `arn:own` itself has to allow `ecr:BatchGetImage`", "`RepositoryArns`"];
    assert!(says.iter().all(|part| text.contains(part)), "{text}");
}

#[test]
fn where_aws_names_nothing_the_call_is_what_is_needed() {
    for said in
        ["", "Access Denied", "AccessDenied: Access Denied", "AccessDeniedException: not authorized to perform: "]
    {
        let text = told(said);
        let expected = "the function's role needs `ecs:RegisterTaskDefinition` on `arn:own`, by the stack's parameter \
                        `FamilyArns`";
        assert_eq!(text, expected, "{said:?}");
    }
    let text =
        Denial::read("AccessDenied: Access Denied").told("s3:GetObject", "arn:own", &["ConfigBucket", "ConfigPrefix"]);
    let says =
        ["`s3:GetObject` on `arn:own`, by the stack's parameters `ConfigBucket` and `ConfigPrefix`", "`KmsKeyArns`"];
    assert!(says.iter().all(|part| text.contains(part)), "{text}");
}

#[test]
fn a_key_that_may_not_be_used_is_told_although_no_permission_is_named() {
    let said = "AccessDeniedException: The ciphertext refers to a customer master key that does not exist, does not exist \
                in this region, or you are not allowed to access. (Service: AWSKMS; Status Code: 400)";
    let text = Denial::read(said).told("ssm:GetParameter", "arn:own", parameters_of("ssm:GetParameter"));
    let expected = "the function's role needs `kms:Decrypt` on `the key that it is encrypted with`, by the stack's \
                    parameter `KmsKeyArns`";
    assert_eq!(text, expected);
}

#[test]
fn quotes_and_full_stops_are_no_part_of_a_resource() {
    let said = "AccessDenied: User: arn:aws:sts::1:assumed-role/a/b is not authorized to perform: s3:GetObject on resource: \
                \"arn:aws:s3:::bucket/a b.json\" because no identity-based policy allows the s3:GetObject action";
    let denial = Denial::read(said);
    assert_eq!((denial.action, denial.resource), (Some("s3:GetObject"), Some("arn:aws:s3:::bucket/a b.json")));
    let denial = Denial::read("x is not authorized to perform: iam:PassRole on resource: arn:aws:iam::1:role/r.");
    assert_eq!(denial.resource, Some("arn:aws:iam::1:role/r"));
}

/// The statements of the template, each with the condition on which it is there.
fn statements() -> Vec<String> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/template.yaml");
    let template = std::fs::read_to_string(path).unwrap();
    let conditions = template.split("\nConditions:\n").nth(1).unwrap().split("\n\n").next().unwrap().to_owned();
    let mut blocks: Vec<&str> = template.split("- Sid: ").collect();
    let mut before = blocks.remove(0);
    let mut statements = vec![];
    for block in blocks {
        // `- !If`, and below it the condition's name.
        let lines: Vec<&str> = before.lines().map(str::trim).collect();
        let named = lines.iter().rposition(|line| *line == "- !If").and_then(|at| lines.get(at + 1)).copied();
        let name = named.unwrap_or_default().trim_start_matches("- ").to_owned();
        let condition = conditions.lines().find(|line| line.trim().starts_with(&format!("{name}: "))).unwrap_or("");
        statements.push(format!("{block}\n{}", if name.is_empty() { "" } else { condition }));
        before = block;
    }
    statements
}

#[test]
fn every_permission_has_the_parameter_that_gives_it_in_the_template() {
    let statements = statements();
    assert!(statements.len() > 20, "{}", statements.len());
    let actions = |statement: &String| -> Vec<String> {
        let line = statement.lines().find(|line| line.trim().starts_with("Action: ")).unwrap_or_default();
        let list = line.trim().trim_start_matches("Action: ").trim_matches(['[', ']']).split(", ");
        list.map(str::to_owned).filter(|action| action.contains(':')).collect()
    };
    // A statement that denies (what comes without TLS) gives nothing.
    let given: Vec<(String, &String)> = statements
        .iter()
        .filter(|s| !s.contains("Effect: Deny"))
        .flat_map(|s| actions(s).into_iter().map(move |action| (action, s)))
        .collect();
    for (action, parameters) in PARAMETERS {
        for parameter in parameters {
            let gives = |(name, statement): &(String, &String)| name == action && statement.contains(parameter);
            assert!(given.iter().any(gives), "{action}: {parameter}");
        }
    }
    // And none is left out but those that are the functions' own, or are for every resource.
    let own = [
        "logs:",
        "sqs:",
        "sts:",
        "ecs:DescribeTaskDefinition",
        "ecs:ListTaskDefinitions",
        "ecs:DeregisterTaskDefinition",
        // Of the preflight, whose policy is there as a whole or not at all.
        "ssm:DescribeParameters",
        "elasticfilesystem:",
        // Of the self-check, likewise.
        "s3:GetBucketNotification",
        "cloudformation:ListStackResources",
        "events:DescribeRule",
        "lambda:",
        "cloudwatch:",
        "ecr:GetLifecyclePolicy",
    ];
    for (action, _) in &given {
        let is_own = own.iter().any(|prefix| action.starts_with(prefix));
        assert!(is_own == parameters_of(action).is_empty(), "{action}");
    }
}
