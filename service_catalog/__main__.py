"""python -m service_catalog"""

from service_catalog.cli import app

if __name__ == "__main__":
    app()
