"""Feature sets, a module each: from a folder of audio to arrays in a cache folder that training reads."""
