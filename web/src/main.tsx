import { QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { refresh } from "@/api/session.ts";
import { cache } from "@/app/cache.ts";
import { router } from "@/app/router.tsx";
import { followTheme } from "@/lib/theme.ts";
import "@/ui/tokens.css";
import "@/ui/fonts.css";
import "@/ui/base.css";
import "@/ui/controls.css";
import "@/ui/badges.css";
import "@/ui/layers.css";

followTheme();
void refresh();

const root = document.getElementById("root");
if (root) {
  createRoot(root).render(
    <StrictMode>
      <QueryClientProvider client={cache}>
        <RouterProvider router={router} />
      </QueryClientProvider>
    </StrictMode>,
  );
}
