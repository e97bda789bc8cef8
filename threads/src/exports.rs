//! What the module exports.

#![allow(unsafe_code)]

use std::ptr;

use ritratto_draw::Layers;
use ritratto_nets::Graph;

use crate::net::Net;
use crate::scene::Scene;

/// What threads work on together. Pointers, as threads that are late may look at a part of it while the one that loaded it
/// changes others.
#[derive(Debug)]
pub struct Shared(Work);

#[derive(Debug)]
enum Work {
    Net(*mut Net),
    Scene(*mut Scene),
}

/// Room for so many bytes, for good: for a thread's stack and for what the threads are told.
#[unsafe(no_mangle)]
pub extern "C" fn reserve(bytes: usize) -> *mut u8 {
    Box::leak(vec![0_u128; bytes.div_ceil(size_of::<u128>())].into_boxed_slice()).as_mut_ptr().cast()
}

/// Room for the bytes of something to load, which is given back then.
#[unsafe(no_mangle)]
pub extern "C" fn room(bytes: usize) -> *mut u8 {
    Box::leak(vec![0_u8; bytes].into_boxed_slice()).as_mut_ptr()
}

/// Gets the net of a graph ready for so many threads; null if it cannot be read or does not fit.
///
/// # Safety
/// The bytes must be those that [`room`] gave, all of them.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn load_net(bytes: *mut u8, count: usize, threads: usize) -> *mut Shared {
    // SAFETY: it was leaked as such a box.
    let bytes = unsafe { Box::from_raw(ptr::slice_from_raw_parts_mut(bytes, count)) };
    let net = Graph::from_bytes(&bytes).and_then(|graph| Net::new(&graph, threads));
    shared(net.ok().map(|net| Work::Net(Box::into_raw(Box::new(net)))))
}

/// Gets a portrait ready for so many threads; null if it cannot be read or does not fit.
///
/// # Safety
/// As for [`load_net`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn load_scene(bytes: *mut u8, count: usize, threads: usize) -> *mut Shared {
    // SAFETY: it was leaked as such a box.
    let bytes = unsafe { Box::from_raw(ptr::slice_from_raw_parts_mut(bytes, count)) };
    let layers = Layers::from_bytes(&bytes);
    drop(bytes);
    shared(layers.map(|layers| Work::Scene(Box::into_raw(Box::new(Scene::new(&layers, threads))))))
}

fn shared(found: Option<Work>) -> *mut Shared {
    found.map_or(ptr::null_mut(), |found| Box::into_raw(Box::new(Shared(found))))
}

/// Lets something go.
///
/// # Safety
/// It was loaded, and no thread is told of it any more.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn unload(shared: *mut Shared) {
    // SAFETY: the caller's; all of them were leaked as such boxes.
    unsafe {
        match Box::from_raw(shared).0 {
            Work::Net(net) => drop(Box::from_raw(net)),
            Work::Scene(scene) => drop(Box::from_raw(scene)),
        }
    }
}

/// Where an input's numbers go: of a net the numbers of its inputs, of a scene (0) what a frame shows and (1) where its
/// vertices are. Null if there is no such input.
///
/// # Safety
/// It was loaded, and no run of it is under way.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn input(shared: *mut Shared, index: usize) -> *mut u8 {
    // SAFETY: the caller's; of what threads that are late may look at, nothing is borrowed.
    unsafe {
        match (&(*shared).0, index) {
            (Work::Net(net), _) => {
                let inputs = &mut (**net).inputs;
                inputs.get_mut(index).map_or(ptr::null_mut(), |(_, numbers)| numbers.as_mut_ptr().cast())
            }
            (Work::Scene(scene), 0) => (&raw mut (**scene).frame).cast(),
            (Work::Scene(scene), 1) => {
                let placed = &mut (**scene).placed;
                placed.as_mut_ptr().cast()
            }
            (Work::Scene(_), _) => ptr::null_mut(),
        }
    }
}

/// Where the results of a run are: the numbers of a net's outputs, one after the other, or a scene's pixels. Those of a scene
/// are elsewhere after it was resized.
///
/// # Safety
/// As for [`input`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn results(shared: *mut Shared) -> *const u8 {
    // SAFETY: the caller's.
    unsafe {
        match (*shared).0 {
            Work::Net(net) => (*net).results.as_ptr().cast(),
            Work::Scene(scene) => (*scene).pixels(),
        }
    }
}

/// Has a scene drawn in so many columns and rows from now on.
///
/// # Safety
/// As for [`input`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn resize(shared: *mut Shared, width: u32, height: u32) {
    // SAFETY: the caller's.
    unsafe {
        if let Work::Scene(scene) = (*shared).0 {
            Scene::resize(scene, [width, height]);
        }
    }
}

/// Begins a run and gives its number, which the threads are told.
///
/// # Safety
/// As for [`input`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn begin(shared: *mut Shared) -> u32 {
    // SAFETY: the caller's.
    unsafe {
        match (*shared).0 {
            Work::Net(net) => (*net).begin(),
            Work::Scene(scene) => Scene::begin(scene),
        }
    }
}

/// Works on a run; who began it comes back when it is over.
///
/// # Safety
/// It was loaded and is not unloaded; each thread has another number, below that which it was loaded for, and the one that
/// began the run has 0.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn work(shared: *const Shared, run: u32, thread: usize) {
    // SAFETY: the caller's.
    unsafe {
        match (*shared).0 {
            Work::Net(net) => (*net).job.work(run, thread),
            Work::Scene(scene) => Scene::work(scene, run, thread),
        }
    }
}

/// After a run: puts a net's numbers where [`results`] says. A scene's pixels are there already.
///
/// # Safety
/// As for [`input`]; the thread that began the run has come back from its [`work`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn finish(shared: *mut Shared) {
    // SAFETY: the caller's.
    unsafe {
        if let Work::Net(net) = (*shared).0 {
            Net::finish(net);
        }
    }
}
