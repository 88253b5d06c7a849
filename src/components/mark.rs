use holdfast_core::replica::Mark;
use leptos::prelude::*;

use super::icon;
use crate::{format::row::Badge, strings::shell as words};

/// The small mark beside a record. A synced one is a symbol alone.
pub fn mark(mark: Mark) -> AnyView {
    let (state, symbol, label) = match mark {
        Mark::Synced => ("synced", "synced", words::MARK_SYNCED),
        Mark::OnDevice => ("device", "device", words::MARK_DEVICE),
        Mark::Sending => ("sending", "sending", words::MARK_SENDING),
        Mark::Conflict => ("conflict", "conflict", words::MARK_CONFLICT),
        Mark::Failed => ("failed", "failed", words::MARK_FAILED),
    };
    let class = if mark == Mark::Synced {
        "visually-hidden"
    } else {
        ""
    };
    view! {
        <span class="mark" data-state=state>
            {icon(symbol)}
            <span class=class>{label}</span>
        </span>
    }
    .into_any()
}

pub fn badges(badges: Vec<Badge>) -> AnyView {
    let one = |badge: Badge| {
        let class = if badge.emergency {
            "badge badge--emergency"
        } else {
            "badge"
        };
        let tone = (!badge.tone.is_empty()).then_some(badge.tone);
        view! {
            <span class=class data-tone=tone>
                {badge.text}
            </span>
        }
        .into_any()
    };
    badges.into_iter().map(one).collect_view().into_any()
}
