// Copyright (c) 2026 Kubewire contributors
// GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

// The web server of the lab's outside world, over HTTP and HTTPS:
// /status/404 answers with that code, /delay/500 after so many milliseconds, anything else at once.
package main

import (
	"encoding/json"
	"flag"
	"log"
	"net/http"
	"strconv"
	"time"
)

func main() {
	certificate := flag.String("certificate", "", "PEM file of the certificate")
	key := flag.String("key", "", "PEM file of its key")
	flag.Parse()
	answer := func(w http.ResponseWriter, r *http.Request, code int) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(code)
		json.NewEncoder(w).Encode(map[string]any{"host": r.Host, "client": r.RemoteAddr, "path": r.URL.Path, "tls": r.TLS != nil})
	}
	mux := http.NewServeMux()
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) { answer(w, r, http.StatusOK) })
	mux.HandleFunc("/status/{code}", func(w http.ResponseWriter, r *http.Request) {
		code, err := strconv.Atoi(r.PathValue("code"))
		if err != nil || code < 200 || code > 599 {
			code = http.StatusBadRequest
		}
		answer(w, r, code)
	})
	mux.HandleFunc("/delay/{ms}", func(w http.ResponseWriter, r *http.Request) {
		if ms, err := strconv.Atoi(r.PathValue("ms")); err == nil && ms > 0 && ms <= 60000 {
			time.Sleep(time.Duration(ms) * time.Millisecond)
		}
		answer(w, r, http.StatusOK)
	})
	plain := &http.Server{Addr: ":80", Handler: mux, ReadHeaderTimeout: 5 * time.Second}
	secure := &http.Server{Addr: ":443", Handler: mux, ReadHeaderTimeout: 5 * time.Second}
	go func() { log.Fatal(plain.ListenAndServe()) }()
	log.Fatal(secure.ListenAndServeTLS(*certificate, *key))
}
