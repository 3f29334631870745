"""Settings with which a whole run takes a tenth of a second."""

TINY = {
    "base_width": 4,
    "tile_size": 32,
    "working_size": 48,
    "epochs": 2,
    "patches_per_epoch": 16,
    "batch_size": 4,
    "generated_tiles": 12,
    "lattice_stride": 16,
    "ssim_window": 7,
    "precision": "float32",
    "device": "cpu",
    "threads": 1,
}
