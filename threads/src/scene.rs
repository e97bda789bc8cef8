//! A portrait that threads draw together, some rows each.

#![allow(unsafe_code)]

use std::cell::UnsafeCell;

use bytemuck::Zeroable;
use ritratto_draw::frame::Frame;
use ritratto_draw::{Band, Drawing, Layers, PlacedVertex, ROWS};

use crate::queue::Queue;

fn bands([width, _]: [u32; 2], threads: usize) -> Box<[UnsafeCell<Band>]> {
    (0..threads).map(|_| UnsafeCell::new(Band::new(width as usize))).collect()
}

fn pixels(drawing: &Drawing) -> Box<[UnsafeCell<[u8; 4]>]> {
    drawing.still().iter().map(|pixel| UnsafeCell::new(*pixel)).collect()
}

#[derive(Debug)]
pub(crate) struct Scene {
    drawing: Drawing,
    /// What the next frame shows, and where its vertices are.
    pub(crate) frame: Frame,
    pub(crate) placed: Box<[PlacedVertex]>,
    /// One for each thread.
    bands: Box<[UnsafeCell<Band>]>,
    pixels: Box<[UnsafeCell<[u8; 4]>]>,
    queue: Queue,
}

impl Scene {
    /// For so many threads.
    pub(crate) fn new(layers: &Layers, threads: usize) -> Self {
        let drawing = Drawing::new(layers);
        Self {
            frame: Frame::zeroed(),
            placed: vec![PlacedVertex::zeroed(); layers.mesh.source.len()].into(),
            bands: bands(drawing.size(), threads),
            pixels: pixels(&drawing),
            queue: Queue::default(),
            drawing,
        }
    }

    /// Draws so many columns and rows from the next frame on.
    ///
    /// # Safety
    /// No run may be under way.
    pub(crate) unsafe fn resize(scene: *mut Self, size: [u32; 2]) {
        // SAFETY: threads that are late only look at the queue.
        unsafe {
            let drawing = &mut (*scene).drawing;
            drawing.resize(size);
            let before = &(*scene).bands;
            (*scene).bands = bands(size, before.len());
            (*scene).pixels = pixels(drawing);
        }
    }

    /// RGBA, row by row.
    pub(crate) fn pixels(&self) -> *const u8 {
        self.pixels.as_ptr().cast()
    }

    /// Begins a run and gives its number.
    ///
    /// # Safety
    /// No run may be under way.
    pub(crate) unsafe fn begin(scene: *mut Self) -> u32 {
        // SAFETY: threads that are late only look at the queue.
        unsafe {
            let drawing = &mut (*scene).drawing;
            drawing.begin(&(*scene).frame, &(*scene).placed);
            (*scene).queue.begin((drawing.size()[1] as usize).div_ceil(ROWS) as u32)
        }
    }

    /// Draws parts of a run; the thread with number 0, which began it, comes back when all are drawn.
    ///
    /// # Safety
    /// Each thread has another number, below that which the scene was made for.
    pub(crate) unsafe fn work(scene: *const Self, run: u32, thread: usize) {
        // SAFETY: of a run that is over, nothing but the queue is looked at; before it is over nobody changes anything else.
        unsafe {
            let queue = &(*scene).queue;
            while let Some(part) = queue.take(run) {
                (*scene).part(part as usize, thread);
                queue.finish();
            }
            if thread == 0 {
                queue.wait();
            }
        }
    }

    /// # Safety
    /// This thread alone has this part.
    unsafe fn part(&self, part: usize, thread: usize) {
        let [width, height] = self.drawing.size().map(|side| side as usize);
        let (top, bottom) = (part * ROWS, ((part + 1) * ROWS).min(height));
        let cells = self.pixels.get(top * width..bottom * width).unwrap_or_default();
        if let Some(band) = self.bands.get(thread) {
            // SAFETY: a cell lies in memory as what is in it does; nobody else has these rows or this band.
            let (pixels, band) = unsafe {
                (std::slice::from_raw_parts_mut(UnsafeCell::raw_get(cells.as_ptr()), cells.len()), &mut *band.get())
            };
            self.drawing.rows(band, top, pixels);
        }
    }
}
