"""What machines boot: recipes, and the images that are built from them and kept in the user's cache."""
