"""Prints how long PyTorch takes for the refiner's nets of a frame, and for the encoder's: what ours are compared with.

    pip install torch safetensors numpy
    python train/bench_refiner.py [--device cuda|cpu] [--frames 300]

A frame of the refiner is the mouth's net on one patch and the eyes' on two, the photo's features made before. "on the
device" is the time between two events in the device's queue around a frame, "frame by frame" that of a program which waits for
each, "in a queue" that of one which waits for the last only. Graphs take the cost of launching kernels out.
"""

import argparse
import time
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load_file

from torch_nets import CODE, MASKS, REFINERS, Blendshapes, Detector, Landmarks, Refiner

REFERENCE = Path(__file__).resolve().parent.parent / "tests/refiner/reference.safetensors"
WARM = 20


def differences(device, dtype, last):
    """Largest difference between these nets' grids and those that training has stored for the tests."""
    stored, worst = load_file(REFERENCE), 0.0
    for part, (_, side) in REFINERS.items():
        net = Refiner(part, device=device, dtype=dtype, last=last)

        def picture(key, channels):
            x = stored[f"{part}.{key}"].reshape(1, side, side, channels).permute(0, 3, 1, 2)
            return x.to(device, torch.float32).div(255).to(dtype)

        code = stored[f"{part}.code"].reshape(1, CODE).to(device, dtype)
        features = net.features(picture("photo", 3))
        grid = net(picture("rendered", 3), picture("masks", MASKS), code, features)
        wanted = stored[f"{part}.grid"].flatten().to(device, torch.float32)
        found = grid.permute(0, 2, 3, 1).flatten().float()
        worst = max(worst, (found - wanted).abs().max().item())
    return worst


def refiner(options):
    """A function that runs the refiner's nets of one frame, to be called again and again."""
    device, dtype = options["device"], options["dtype"]
    calls = []
    for part, (count, side) in REFINERS.items():
        net = Refiner(part, **options)

        def noise(*shape):
            x = torch.rand(*shape, device=device).to(dtype)
            return x.contiguous(memory_format=torch.channels_last) if options["last"] and len(shape) == 4 else x

        inputs = noise(count, 3, side, side), noise(count, MASKS, side, side), noise(count, CODE)
        calls.append((net, *inputs, net.features(noise(count, 3, side, side))))
    return lambda: [net(*inputs) for net, *inputs in calls]


def encoder(kind, shape):
    def made(options):
        net, x = kind(**options), torch.rand(*shape, device=options["device"]).to(options["dtype"])
        if options["last"] and x.dim() == 4:
            x = x.contiguous(memory_format=torch.channels_last)
        return lambda: net(x)

    return made


def wait(device):
    if device == "cuda":
        torch.cuda.synchronize()


def spread(times):
    low, median, high = np.percentile(times, (25, 50, 75))
    return f"{median:8.3f} ({low:.3f}-{high:.3f})"


def measured(run, device, frames):
    """Milliseconds on the device of each frame, all queued one after the other."""
    for _ in range(min(WARM, frames)):
        run()
    wait(device)
    queued, by_frame = [], []
    if device == "cuda":
        events = [[torch.cuda.Event(enable_timing=True) for _ in range(2)] for _ in range(frames)]
        for before, after in events:
            before.record()
            run()
            after.record()
        wait(device)
        queued = [before.elapsed_time(after) for before, after in events]
    for _ in range(frames):
        start = time.perf_counter()
        run()
        wait(device)
        by_frame.append(1e3 * (time.perf_counter() - start))
    start = time.perf_counter()
    for _ in range(frames):
        run()
    wait(device)
    together = 1e3 * (time.perf_counter() - start) / frames
    return f"{spread(queued) if queued else '-':>26} {spread(by_frame):>26} {together:>12.3f}"


def graphed(run):
    """The same run recorded as a CUDA graph, which is launched as a whole."""
    stream = torch.cuda.Stream()
    stream.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(stream):
        for _ in range(3):
            run()
    torch.cuda.current_stream().wait_stream(stream)
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        kept = run()
    # What the graph writes must live as long as it does.
    return lambda: (graph.replay(), kept)[0]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu", choices=("cuda", "cpu"))
    parser.add_argument("--frames", type=int, default=300)
    arguments = parser.parse_args()
    device = arguments.device
    name = torch.cuda.get_device_name() if device == "cuda" else f"{torch.get_num_threads()} threads"
    print(f"PyTorch {torch.__version__}, {device}, {name}")
    # cuDNN tries its algorithms and keeps the fastest, the one setting that users commonly make. Convolutions in f32
    # use TF32 unless they are forbidden to.
    torch.backends.cudnn.benchmark = True
    off = differences("cpu", torch.float32, False)
    print(f"grids on the CPU in f32: at most {off:.1e} from the reference")
    if not off < 1e-3:
        raise SystemExit("that is another net: nothing is measured")
    nets = {
        "refiner": refiner,
        "landmarks": encoder(Landmarks, (1, 3, 256, 256)),
        "blendshapes": encoder(Blendshapes, (146, 2)),
        "detector": encoder(Detector, (1, 3, 128, 128)),
    }
    ways = [(torch.float16, True), (torch.float32, True), (torch.float16, False), (torch.float32, False)]
    if device == "cpu":
        ways = ways[1::2]
    print(f"{'milliseconds':<36} {'on the device':>26} {'frame by frame':>26} {'in a queue':>12}")
    for net, made in nets.items():
        for dtype, last in ways:
            label = f"{net}, {str(dtype).removeprefix('torch.')}{', channels last' if last else ''}"
            try:
                run = made({"device": device, "dtype": dtype, "last": last})
                print(f"{label:<36} {measured(run, device, arguments.frames)}", flush=True)
                if device == "cuda":
                    print(f"{'  as a graph':<36} {measured(graphed(run), device, arguments.frames)}", flush=True)
            except (RuntimeError, KeyError) as error:
                print(f"{label:<36} could not be measured: {error}", flush=True)
    for dtype, last in ways:
        off = differences(device, dtype, last)
        print(f"grids in {str(dtype).removeprefix('torch.')}: at most {off:.1e} from the reference")


if __name__ == "__main__":
    with torch.inference_mode():
        main()
