"""`ray` with more patience than it has, for nodes in processes of their own."""

from ray.scripts.scripts import main

from tests import patience

if __name__ == "__main__":
    patience.be_patient()
    main()
