"use strict";

/* The components that unfold's templates name: Alpine's build for a strict Content-Security-Policy sees no globals. */

const KEY = "sidebarDesktopOpen";

const page = () => ({
    activeTab: "",
    sidebarMobileOpen: false,
    sidebarDesktopOpen: localStorage.getItem(KEY) !== "0",
    window: { location: { pathname: window.location.pathname, search: window.location.search } },
    init() {
        const first = this.$el.dataset.tab;
        this.activeTab = first ? getCurrentTab() || first : "";
        this.$watch(KEY, (isOpen) => localStorage.setItem(KEY, isOpen ? "1" : "0"));
    },
});

document.addEventListener("alpine:init", () => {
    Alpine.data("page", page);
    Alpine.data("theme", theme);
    Alpine.data("searchForm", searchForm);
});
