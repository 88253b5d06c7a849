//! Pages, and the folds that put them in the place of what led to them.

use std::rc::Rc;

use super::{Factory, load, mirror, page, put, rows, sync};
use crate::{
    page::{Page, Part, Section},
    record::RecordKey,
    store::{Base, Changes, CommitError, Fold, KeptPage, Since, Store},
};

pub(super) async fn pages_come_back_with_what_came_after_them<F: Factory>(factory: &F) {
    let store = factory.fresh().await;
    let (one, two, three) = (
        mirror("1", "one", 1),
        mirror("2", "two", 1),
        mirror("3", "three", 1),
    );
    let commit = Changes {
        pages: vec![page(1, &[one.clone(), two, three.clone()])],
        ..Changes::default()
    };
    store.commit(0, &commit).await.expect("commit");
    let other = factory.reopen(&store).await;
    let commits = vec![commit];
    assert_eq!(
        other.since(0).await,
        Ok(Since::Commits { revision: 1, commits }),
        "a page is told as it was put"
    );
    let newer = mirror("2", "newer", 2);
    other.commit(1, &put([newer.clone()])).await.expect("commit");
    assert_eq!(
        rows(&factory.reopen(&store).await).await,
        [one, newer, three],
        "a later row takes the place of a page's"
    );
}

pub(super) async fn a_fold_takes_the_place_of_what_led_to_it<F: Factory>(factory: &F) {
    let store = factory.fresh().await;
    let (one, two) = (mirror("1", "one", 1), mirror("2", "two", 1));
    let first = page(1, &[mirror("0", "gone", 1), one.clone()]);
    let commit = Changes {
        pages: vec![first.clone()],
        ..put([two.clone(), sync(1)])
    };
    store.commit(0, &commit).await.expect("commit");
    let spent = Changes {
        pages: vec![page(2, std::slice::from_ref(&two))],
        ..Changes::default()
    };
    store.commit(1, &spent).await.expect("commit");
    let behind = factory.reopen(&store).await;
    let fold = Fold {
        base: Base {
            revision: 3,
            rows: vec![sync(2)],
            pages: vec![
                KeptPage {
                    page: first,
                    dead: vec![0],
                },
                KeptPage {
                    page: page(3, std::slice::from_ref(&two)),
                    dead: Vec::new(),
                },
            ],
            last_page: 3,
        },
        new: vec![3],
        gone: vec![2],
    };
    assert_eq!(
        store.fold(1, &fold).await,
        Err(CommitError::Stale),
        "a fold of an old state is refused"
    );
    assert_eq!(
        store.fold(2, &fold).await,
        Ok(3),
        "a fold is a revision of its own"
    );
    assert_eq!(
        rows(&factory.reopen(&store).await).await,
        [one.clone(), two.clone(), sync(2)],
        "what the fold says is there, without the dead rows"
    );
    let snapshot = load(&store).await;
    assert_eq!(
        (snapshot.revision, snapshot.base, snapshot.commits.len()),
        (3, fold.base, 0),
        "nothing is left of the commits"
    );
    assert_eq!(
        behind.since(2).await,
        Ok(Since::Reload),
        "who was behind the fold loads anew"
    );
    for expected in [1, 2] {
        assert_eq!(
            behind.commit(expected, &put([mirror("9", "late", 1)])).await,
            Err(CommitError::Stale),
            "a plan from before the fold is refused"
        );
    }
    store
        .commit(3, &put([mirror("4", "four", 1)]))
        .await
        .expect("commit");
    assert_eq!(
        rows(&behind).await,
        [one, two, mirror("4", "four", 1), sync(2)],
        "commits go on after the fold"
    );
}

pub(super) async fn a_load_has_heads_and_is_completed<F: Factory>(factory: &F) {
    let store = factory.fresh().await;
    let one = mirror("1", "one", 1);
    let commit = Changes {
        pages: vec![page(1, std::slice::from_ref(&one))],
        ..Changes::default()
    };
    store.commit(0, &commit).await.expect("commit");
    let snapshot = factory.reopen(&store).await.load().await.expect("load");
    let pages = &snapshot.commits[0].pages;
    let (key, read) = (pages[0].key(0), pages[0].value(0, "title"));
    assert_eq!(
        (key, read, pages[0].is_whole()),
        (RecordKey::new("work-order", "1"), None, false),
        "a load reads the heads of pages alone"
    );
    assert_eq!(
        store.complete(pages).await,
        Ok(Vec::new()),
        "the other sections are read when they are asked for"
    );
    assert_eq!(pages, &commit.pages, "and the page is as it was put");
    let unknown = Rc::new(Page::of_head(7, "work-order", head(&pages[0])));
    assert_eq!(
        store.complete(&[unknown]).await,
        Ok(vec![7]),
        "a page that is not there is told"
    );
}

fn head(page: &Page) -> Part {
    page.part(Section::Head).cloned().expect("a page has its head")
}
