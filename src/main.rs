//! Starts the app in the page's body.

fn main() {
    console_error_panic_hook::set_once();
    holdfast::mount();
}
