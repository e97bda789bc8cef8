//! Errors on their way to JavaScript.

use js_sys::Reflect;
use wasm_bindgen::JsValue;

use crate::error::Error;

impl From<Error> for JsValue {
    /// A JavaScript `Error` with the message and a `code` property.
    fn from(error: Error) -> Self {
        let thrown = js_sys::Error::new(&error.to_string());
        // Cannot fail: the object was just made and is extensible.
        let _ = Reflect::set(&thrown, &"code".into(), &error.code().into());
        thrown.into()
    }
}
