"""Server-rendered pages: what a person sees who opens the address in a browser."""
