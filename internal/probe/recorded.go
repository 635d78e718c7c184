// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package probe

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/fleet"
)

// Recording is where a snapshot has the answers of one instance of a system.
type Recording struct {
	Dir string
	// TakenAt is the moment of the snapshot; zero if it does not tell.
	TakenAt time.Time
	// Shift is by how much timestamps are moved.
	Shift time.Duration
}

// FindRecording looks for the answers beside the directory of the cluster, in
// <system>/<name>, and then in it.
func FindRecording(system, name string, s fleet.Snapshot, now time.Time, log *slog.Logger) Recording {
	r := Recording{Dir: filepath.Join(filepath.Dir(s.Path), system, name)}
	if beside, _ := os.ReadDir(r.Dir); len(beside) == 0 {
		if inside := filepath.Join(s.Path, system, name); IsDirectory(inside) {
			r.Dir = inside
		}
	}
	meta, err := s.Meta()
	if err != nil {
		log.Warn("snapshot.yaml not read", "err", err)
		return r
	}
	r.TakenAt, r.Shift = meta.TakenAt, s.Shift(meta, now)
	return r
}

// IsDirectory says whether there is a directory.
func IsDirectory(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}

// ReadRecorded reads an answer of a snapshot: the body with the status added as
// "_status"; 0 is no answer, for the reason in "_reason", which is one of reasons.
func ReadRecorded(file string, reasons []Reason) (status int, body []byte, err error) {
	body, err = os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		return 0, nil, fmt.Errorf("%s: %w", filepath.Base(file), ErrNotRecorded)
	}
	if err != nil {
		return 0, nil, err
	}
	head, err := Decode[struct {
		Status int    `json:"_status"`
		Reason Reason `json:"_reason"`
	}](body)
	if err != nil {
		return 0, nil, fmt.Errorf("%s: %w", filepath.Base(file), err)
	}
	if head.Status > 0 {
		return head.Status, body, nil
	}
	if !slices.Contains(reasons, head.Reason) {
		head.Reason = ReasonHTTP
	}
	return 0, body, &AnswerError{Reason: head.Reason, Err: errors.New("there was no answer"), NoAnswer: true}
}

// RecordedExpiry reads when a certificate of a snapshot expires, from "not_after";
// the zero time if it does not tell.
func RecordedExpiry(file string) time.Time {
	body, err := os.ReadFile(file)
	if err != nil {
		return time.Time{}
	}
	var certificate struct {
		NotAfter time.Time `json:"not_after"`
	}
	if json.Unmarshal(body, &certificate) != nil {
		return time.Time{}
	}
	return certificate.NotAfter
}
