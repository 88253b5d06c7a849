use leptos::{ev, prelude::*};

use super::{Show, button, icon};
use crate::strings::entry as words;

/// Dots shown for an empty passcode: the least that is taken.
const DOTS: usize = words::LEAST_DIGITS;

/// Digits on a keypad, or a phrase. A keyboard's digits count as well.
#[component]
pub fn PasscodeEntry(
    #[prop(into)] title: Signal<String>,
    #[prop(into)] lead: Signal<String>,
    /// What was wrong with the last one.
    #[prop(into)]
    error: Signal<Option<String>>,
    /// While it is looked at; inputs rest.
    #[prop(into)]
    busy: Signal<bool>,
    #[prop(into)] label: Signal<String>,
    /// Whether fewer than the least are refused here, with the number that is missing.
    must_be_long: bool,
    on_submit: Callback<String>,
) -> AnyView {
    let typing = Typing {
        code: RwSignal::new(String::new()),
        phrase: RwSignal::new(false),
        busy,
        must_be_long,
        on_submit,
    };
    let Typing { code, phrase, .. } = typing;
    typing.follow_keyboard();
    let state = move || error.get().map(|_| "wrong");
    let label = move || match words::LEAST_DIGITS.saturating_sub(typing.length()) {
        missing if must_be_long && missing > 0 && !phrase.get() => words::digits_missing(missing),
        _ => label.get(),
    };
    view! {
        <form
            class="passcode entry__push"
            autocomplete="off"
            data-state=state
            on:submit=move |event| {
                event.prevent_default();
                typing.submit();
            }
        >
            <h1 class="entry__title" tabindex="-1">
                {title}
            </h1>
            <p class="entry__lead">{lead}</p>
            {move || if phrase.get() { phrase_input(code) } else { dots(typing.length()) }}
            {what_was_wrong(error)}
            <Show when=move || !phrase.get()>{keypad(typing)}</Show>
            <Show when=move || phrase.get()>{digits_button(typing)}</Show>
            <button
                class="button button--primary button--large button--block"
                type="submit"
                disabled=move || !typing.is_ready() || busy.get()
            >
                {label}
            </button>
        </form>
    }
    .into_any()
}

fn what_was_wrong(error: Signal<Option<String>>) -> AnyView {
    let said = move || {
        error.get().map(|error| {
            view! {
                {icon("failed")}
                {error}
            }
            .into_any()
        })
    };
    view! {
        <p class="passcode__error" role="alert">
            {said}
        </p>
    }
    .into_any()
}

/// The way back from a phrase to digits.
fn digits_button(typing: Typing) -> AnyView {
    button("button button--quiet", words::USE_DIGITS, move |_| {
        typing.code.set(String::new());
        typing.phrase.set(false);
    })
}

/// What is typed, and what becomes of it.
#[derive(Debug, Clone, Copy)]
struct Typing {
    code: RwSignal<String>,
    /// Whether a phrase is typed rather than digits.
    phrase: RwSignal<bool>,
    busy: Signal<bool>,
    must_be_long: bool,
    on_submit: Callback<String>,
}

impl Typing {
    fn length(self) -> usize {
        self.code.with(|code| code.chars().count())
    }

    fn is_ready(self) -> bool {
        if self.must_be_long {
            self.length() >= words::LEAST_DIGITS
        } else {
            self.length() > 0
        }
    }

    fn submit(self) {
        if self.is_ready() && !self.busy.get_untracked() {
            let entered = self.code.get_untracked();
            self.code.set(String::new());
            self.on_submit.run(entered);
        }
    }

    fn press(self, digit: char) {
        if !self.busy.get_untracked() {
            self.code.update(|code| code.push(digit))
        }
    }

    fn erase(self) {
        self.code.update(|code| {
            code.pop();
        })
    }

    /// Takes the keyboard's digits until the component is gone.
    fn follow_keyboard(self) {
        let keys = window_event_listener(ev::keydown, move |event| {
            if self.phrase.get_untracked() || event.ctrl_key() || event.meta_key() || event.alt_key() {
                return;
            }
            match event.key().as_str() {
                "Backspace" => self.erase(),
                // A focused button answers Enter by itself.
                "Enter" if !on_button() => self.submit(),
                key => {
                    if let (Some(digit @ '0'..='9'), 1) = (key.chars().next(), key.len()) {
                        self.press(digit);
                    }
                }
            }
        });
        on_cleanup(move || keys.remove());
    }
}

fn on_button() -> bool {
    document()
        .active_element()
        .is_some_and(|element| matches!(element.tag_name().as_str(), "BUTTON" | "A"))
}

fn dots(entered: usize) -> AnyView {
    let dot = |at: usize| {
        let class = if at < entered {
            "passcode__dot passcode__dot--filled"
        } else {
            "passcode__dot"
        };
        view! { <span class=class></span> }.into_any()
    };
    view! {
        <div class="passcode__dots" role="img" aria-label=words::digits_entered(entered)>
            {(0..DOTS.max(entered)).map(dot).collect_view()}
        </div>
    }
    .into_any()
}

fn phrase_input(code: RwSignal<String>) -> AnyView {
    view! {
        <input
            class="input"
            type="password"
            autocomplete="off"
            aria-label=words::PASSCODE
            placeholder=words::PHRASE_HINT
            prop:value=move || code.get()
            on:input=move |event| code.set(event_target_value(&event))
        />
    }
    .into_any()
}

fn keypad(typing: Typing) -> AnyView {
    let key = move |digit: char| {
        view! {
            <button class="keypad__key" type="button" on:click=move |_| typing.press(digit)>
                {digit.to_string()}
            </button>
        }
        .into_any()
    };
    view! {
        <div class="keypad">
            {('1'..='9').map(key).collect_view()}
            {button("keypad__key keypad__key--quiet", words::USE_PHRASE, move |_| typing.phrase.set(true))}
            {key('0')}
            <button
                class="keypad__key keypad__key--quiet"
                type="button"
                aria-label=words::DELETE_DIGIT
                on:click=move |_| typing.erase()
            >
                {icon("delete-key")}
            </button>
        </div>
    }
    .into_any()
}
