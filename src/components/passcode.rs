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
    let code = RwSignal::new(String::new());
    let phrase = RwSignal::new(false);
    let length = move || code.with(|code| code.chars().count());
    let ready = move || {
        if must_be_long {
            length() >= words::LEAST_DIGITS
        } else {
            length() > 0
        }
    };
    let submit = move || {
        if ready() && !busy.get_untracked() {
            let entered = code.get_untracked();
            code.set(String::new());
            on_submit.run(entered);
        }
    };
    let press = move |digit: char| {
        if !busy.get_untracked() {
            code.update(|code| code.push(digit))
        }
    };
    let erase = move || {
        code.update(|code| {
            code.pop();
        })
    };
    let keys = window_event_listener(ev::keydown, move |event| {
        if phrase.get_untracked() || event.ctrl_key() || event.meta_key() || event.alt_key() {
            return;
        }
        match event.key().as_str() {
            "Backspace" => erase(),
            // A focused button answers Enter by itself.
            "Enter" if !on_button() => submit(),
            key => {
                if let (Some(digit @ '0'..='9'), 1) = (key.chars().next(), key.len()) {
                    press(digit);
                }
            }
        }
    });
    on_cleanup(move || keys.remove());
    let state = move || error.get().map(|_| "wrong");
    let label = move || match words::LEAST_DIGITS.saturating_sub(length()) {
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
                submit();
            }
        >
            <h1 class="entry__title" tabindex="-1">
                {title}
            </h1>
            <p class="entry__lead">{lead}</p>
            {move || if phrase.get() { phrase_input(code) } else { dots(length()) }}
            <p class="passcode__error" role="alert">
                {move || {
                    error
                        .get()
                        .map(|error| {
                            view! {
                                {icon("failed")}
                                {error}
                            }
                                .into_any()
                        })
                }}
            </p>
            <Show when=move || !phrase.get()>{keypad(press, erase, phrase)}</Show>
            <Show when=move || {
                phrase.get()
            }>
                {button(
                    "button button--quiet",
                    words::USE_DIGITS,
                    move |_| {
                        code.set(String::new());
                        phrase.set(false);
                    },
                )}
            </Show>
            <button
                class="button button--primary button--large button--block"
                type="submit"
                disabled=move || !ready() || busy.get()
            >
                {label}
            </button>
        </form>
    }
    .into_any()
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

fn keypad(
    press: impl Fn(char) + Copy + Send + Sync + 'static,
    erase: impl Fn() + Copy + Send + Sync + 'static,
    phrase: RwSignal<bool>,
) -> AnyView {
    let key = move |digit: char| {
        view! {
            <button class="keypad__key" type="button" on:click=move |_| press(digit)>
                {digit.to_string()}
            </button>
        }
        .into_any()
    };
    view! {
        <div class="keypad">
            {('1'..='9').map(key).collect_view()}
            {button("keypad__key keypad__key--quiet", words::USE_PHRASE, move |_| phrase.set(true))}
            {key('0')}
            <button
                class="keypad__key keypad__key--quiet"
                type="button"
                aria-label=words::DELETE_DIGIT
                on:click=move |_| erase()
            >
                {icon("delete-key")}
            </button>
        </div>
    }
    .into_any()
}
