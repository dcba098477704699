// Copyright (c) 2026 Kubewire contributors
// GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later
// Each cell, group and source has an address of its own (hash); who opened it gets the focus back.

let opener = null;

export function go(hash, from) {
  opener = from || document.activeElement;
  if (location.hash === hash) dispatchEvent(new HashChangeEvent("hashchange"));
  else location.hash = hash;
}

export function focusOpener() {
  if (opener?.isConnected) opener.focus({ preventScroll: true });
}
