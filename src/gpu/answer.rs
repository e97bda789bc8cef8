//! The answer of a callback of the GPU, as something to await.

use std::fmt::{self, Debug, Formatter};
use std::future::poll_fn;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Poll, Waker};

/// The answer of one request: filled in once by its callback, awaited once.
pub struct Answer<T>(Arc<Mutex<State<T>>>);

struct State<T> {
    value: Option<T>,
    waker: Option<Waker>,
}

impl<T: Send + 'static> Answer<T> {
    /// An answer that is still to come, and the callback that gives it.
    pub fn expected() -> (Self, impl FnOnce(T) + Send + 'static) {
        let state = Arc::new(Mutex::new(State { value: None, waker: None }));
        let filled = state.clone();
        let fill = move |value| {
            let mut state = filled.lock().unwrap_or_else(PoisonError::into_inner);
            state.value = Some(value);
            if let Some(waker) = state.waker.take() {
                waker.wake();
            }
        };
        (Self(state), fill)
    }

    /// Waits for the answer without blocking the browser's event loop.
    pub async fn wait(self) -> T {
        poll_fn(|context| {
            let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            match state.value.take() {
                Some(value) => Poll::Ready(value),
                None => {
                    state.waker = Some(context.waker().clone());
                    Poll::Pending
                }
            }
        })
        .await
    }
}

impl<T> Debug for Answer<T> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.debug_struct("Answer").finish_non_exhaustive()
    }
}
