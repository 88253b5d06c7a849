//! The sign-in page: no script, so that it works wherever a browser does.

use maud::{DOCTYPE, Markup, html};

use crate::identity::authorization::AuthorizationRequest;
use crate::identity::demo;

/// The form, and what went wrong with the last try.
pub struct SignInPage<'a> {
    pub request: &'a AuthorizationRequest,
    pub demo: bool,
    /// Filled in beforehand.
    pub username: String,
    pub problem: Option<String>,
}

impl SignInPage<'_> {
    pub fn render(&self) -> Markup {
        let known = !self.username.is_empty();
        let described_by = self.problem.is_some().then_some("problem");
        layout(html! {
            h1 { "Sign in" }
            p .lead { "Field work that goes on without a network." }
            @if let Some(problem) = &self.problem {
                p #problem .problem role="alert" { (problem) }
            }
            form method="post" action=(self.action()) {
                label for="username" { "User name" }
                input #username name="username" type="text" value=(self.username) required
                    autocomplete="username" autocapitalize="none" spellcheck="false"
                    aria-describedby=[described_by] autofocus[!known];
                label for="password" { "Password" }
                input #password name="password" type="password" required
                    autocomplete="current-password" aria-describedby=[described_by] autofocus[known];
                button type="submit" { "Sign in" }
            }
            @if self.demo { (demo_accounts()) }
        })
    }

    fn action(&self) -> String {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        let request = self.request;
        query
            .append_pair("response_type", &request.response_type)
            .append_pair("client_id", &request.client_id)
            .append_pair("redirect_uri", &request.redirect_uri)
            .append_pair("code_challenge", &request.code_challenge)
            .append_pair("code_challenge_method", &request.code_challenge_method)
            .append_pair("state", &request.state);
        format!("/oauth/authorize?{}", query.finish())
    }
}

/// A page for a request that may not be sent back to where it claims to come from.
pub fn refusal_page(reason: &str) -> Markup {
    layout(html! {
        h1 { "Sign-in is not possible" }
        p .problem role="alert" { (reason) }
        p { a href="/" { "Open Holdfast" } }
    })
}

fn demo_accounts() -> Markup {
    html! {
        section .demo aria-labelledby="demo-title" {
            h2 #demo-title { "Demo accounts" }
            p { "This server runs as a demo. The password of each account is " strong { (demo::PASSWORD) } "." }
            dl {
                @for account in demo::ACCOUNTS {
                    div {
                        dt { (account.username) }
                        dd { (account.display_name) }
                    }
                }
            }
        }
    }
}

fn layout(content: Markup) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1, viewport-fit=cover";
                meta name="color-scheme" content="light dark";
                title { "Sign in · Holdfast" }
                link rel="icon" href="/icons/favicon.svg" type="image/svg+xml";
                link rel="stylesheet" href="/oauth/sign-in.css";
            }
            body {
                main {
                    p .brand { img src="/icons/mark.svg" alt="" width="40" height="40"; "Holdfast" }
                    (content)
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_request_says_is_escaped() {
        let request = AuthorizationRequest {
            state: "\"><script>".to_owned(),
            ..Default::default()
        };
        let username = "<b>".to_owned();
        let page = SignInPage {
            request: &request,
            demo: false,
            username,
            problem: Some("<i>".to_owned()),
        };
        let html = page.render().into_string();
        assert!(
            !html.contains("<script>") && !html.contains("<b>") && !html.contains("<i>"),
            "{html}"
        );
    }

    #[test]
    fn demo_accounts_are_named_in_a_demo_only() {
        let request = AuthorizationRequest::default();
        let html = |demo| {
            let page = SignInPage {
                request: &request,
                demo,
                username: String::new(),
                problem: None,
            };
            page.render().into_string()
        };
        assert!(html(true).contains("technician"));
        assert!(!html(false).contains("technician"));
    }
}
