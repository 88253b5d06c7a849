use leptos::prelude::*;

/// Numbers with what they count, each a way to the list: `(count, label, href)`. `title` is for screen readers.
pub fn tally(title: &str, tallies: Vec<(usize, String, String)>) -> AnyView {
    let item = |(count, label, href): (usize, String, String)| {
        view! {
            <a class="tally__item" href=href>
                <span class="tally__number">{count}</span>
                <span class="tally__label" dir="auto">
                    {label}
                </span>
            </a>
        }
        .into_any()
    };
    view! {
        <section class="section" aria-label=title.to_owned()>
            <div class="tally">{tallies.into_iter().map(item).collect_view()}</div>
        </section>
    }
    .into_any()
}
