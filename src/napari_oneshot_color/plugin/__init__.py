"""The napari plugin. Only this folder imports the viewer."""
