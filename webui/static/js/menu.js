/** The menu of narrow screens as a hook: holds the focus while it is open, and gives it back. */
import { useEffect, useRef, useState } from "preact/hooks";

const WIDE = matchMedia("(width >= 48rem)");

export function useMenu() {
  const [isOpen, setOpen] = useState(false);
  const opener = useRef(null);
  const close = () => setOpen(false);
  useEffect(() => {
    WIDE.addEventListener("change", close);
    return () => WIDE.removeEventListener("change", close);
  }, []);
  useEffect(() => {
    if (isOpen) document.querySelector(".sidebar button")?.focus();
    else if (document.activeElement === document.body || document.activeElement?.closest(".sidebar")) {
      opener.current?.focus();
    }
    if (!isOpen) opener.current = null;
  }, [isOpen]);
  return {
    isOpen,
    close,
    open: (event) => {
      opener.current = event.currentTarget;
      setOpen(true);
    },
    onKeyDown: (event) => {
      if (event.key === "Escape" && isOpen) close();
    },
  };
}
