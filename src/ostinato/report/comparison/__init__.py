"""Several runs side by side: what differs in their settings and figures, and whether that is luck."""
