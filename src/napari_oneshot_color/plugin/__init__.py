"""The method inside napari. Only this folder imports the viewer."""
