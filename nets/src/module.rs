//! What the browser's module for several threads exports. Every thread has an instance of the module, and all instances have
//! one memory (`www/package/threads.js` makes both).
//!
//! The standard library is the one for a single thread: its allocator and its locks know of no other. So only the thread that
//! loads nets may call anything but [`work`], and `work` allocates nothing, locks nothing and has no variables of its own
//! thread; all that threads share are the atomics of a job.

#![allow(unsafe_code)]

use std::ptr;

use crate::cpu::Job;
use crate::graph::{Graph, Value};
use crate::misfit::Result;

mod page {
    #[link(wasm_import_module = "env")]
    unsafe extern "C" {
        /// Sleeps as shortly as the browser can, if it lets this thread sleep.
        pub(super) safe fn rest();
    }
}

/// See [`page::rest`].
pub(crate) fn rest() {
    page::rest();
}

/// A net with the numbers that go in and come out.
#[derive(Debug)]
pub struct Served {
    job: Job,
    inputs: Vec<(Value, Box<[f32]>)>,
    outputs: Vec<(Value, usize)>,
    results: Box<[f32]>,
}

impl Served {
    fn new(graph: &Graph, threads: usize) -> Result<Self> {
        let length = |value: &Value| graph.size(*value).len();
        let outputs: Vec<(Value, usize)> = graph.outputs().iter().map(|value| (*value, length(value))).collect();
        Ok(Self {
            job: Job::new(graph, threads)?,
            inputs: graph.inputs().iter().map(|value| (*value, vec![0.0; length(value)].into())).collect(),
            results: vec![0.0; outputs.iter().map(|(_, length)| length).sum()].into(),
            outputs,
        })
    }
}

/// Room for so many bytes, for good: for a thread's stack and for what the threads are told.
#[unsafe(no_mangle)]
pub extern "C" fn reserve(bytes: usize) -> *mut u8 {
    Box::leak(vec![0_u128; bytes.div_ceil(size_of::<u128>())].into_boxed_slice()).as_mut_ptr().cast()
}

/// Room for the bytes of a graph, which [`load`] takes.
#[unsafe(no_mangle)]
pub extern "C" fn room(bytes: usize) -> *mut u8 {
    Box::leak(vec![0_u8; bytes].into_boxed_slice()).as_mut_ptr()
}

/// Gets the net of a graph ready for so many threads; null if it cannot be read or does not fit.
///
/// # Safety
/// The bytes must be those that [`room`] gave, all of them.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn load(bytes: *mut u8, count: usize, threads: usize) -> *mut Served {
    // SAFETY: it was leaked as such a box.
    let bytes = unsafe { Box::from_raw(ptr::slice_from_raw_parts_mut(bytes, count)) };
    let served = Graph::from_bytes(&bytes).and_then(|graph| Served::new(&graph, threads));
    served.map_or(ptr::null_mut(), |served| Box::into_raw(Box::new(served)))
}

/// Lets a net go.
///
/// # Safety
/// It is one that [`load`] gave, and no thread is told of it any more.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn unload(net: *mut Served) {
    // SAFETY: the caller's.
    drop(unsafe { Box::from_raw(net) });
}

/// Where an input's numbers go; null if there is no such input.
///
/// # Safety
/// The net is one that [`load`] gave, and no run of it is under way.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn input(net: *mut Served, index: usize) -> *mut f32 {
    // SAFETY: the caller's; of the job, which threads that are late may look at, nothing is borrowed.
    let inputs = unsafe { &mut (*net).inputs };
    inputs.get_mut(index).map_or(ptr::null_mut(), |(_, numbers)| numbers.as_mut_ptr())
}

/// Where the numbers of all outputs are after a run, one after the other.
///
/// # Safety
/// As for [`input`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn results(net: *mut Served) -> *const f32 {
    // SAFETY: the caller's.
    unsafe { &*net }.results.as_ptr()
}

/// Begins a run with the inputs' numbers and gives its number, which the threads are told.
///
/// # Safety
/// As for [`input`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn begin(net: *mut Served) -> u32 {
    // SAFETY: the caller's; threads only reach the job, and only through shared references.
    unsafe {
        let net = &*net;
        for (value, numbers) in &net.inputs {
            // The length is the input's.
            let _: Result<()> = net.job.write(*value, numbers);
        }
        net.job.begin()
    }
}

/// Works on a run until it is over.
///
/// # Safety
/// The net is one that [`load`] gave and that is not unloaded; each thread has another number, below that which the net was
/// loaded for.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn work(net: *const Served, run: u32, thread: usize) {
    // SAFETY: the caller's.
    unsafe { (*net).job.work(run, thread) };
}

/// After a run: puts the outputs' numbers where [`results`] says.
///
/// # Safety
/// As for [`input`]; the thread that began the run has come back from its [`work`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn finish(net: *mut Served) {
    // SAFETY: the caller's; threads that are late only look at the job's tickets.
    unsafe {
        let results: &mut [f32] = &mut (*net).results;
        let mut rest = results;
        let (job, outputs) = (&(*net).job, &(*net).outputs);
        for (value, length) in outputs {
            let (numbers, after) = rest.split_at_mut(*length);
            // The length is the output's.
            let _: Result<()> = job.read(*value, numbers);
            rest = after;
        }
    }
}
