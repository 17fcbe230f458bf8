"""What every threshold would bring, so that marketing and sales can agree on one."""
