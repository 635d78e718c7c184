// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package snapshot

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/failure"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/files"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/httpclient"
)

// AnswerDir is the directory with the responses of one instance of a system.
type AnswerDir struct {
	Path string
	// TakenAt is the time of the snapshot; zero if unknown.
	TakenAt time.Time

	clusterDir Dir
	meta       Meta
}

// TimeShift returns the shift of timestamps at a time, see [Dir.TimeShift].
func (a AnswerDir) TimeShift(now time.Time) time.Duration { return a.clusterDir.TimeShift(a.meta, now) }

// FindAnswers returns the directory of responses, <system>/<name>. It is next to the directory of the
// cluster, or else in it.
func (d Dir) FindAnswers(system, name string, log *slog.Logger) AnswerDir {
	ctx := context.Background()
	a := AnswerDir{Path: filepath.Join(filepath.Dir(d.Path), system, name), clusterDir: d}
	if beside, _ := files.Names(ctx, a.Path, maxFiles); len(beside) == 0 {
		if inside := filepath.Join(d.Path, system, name); isDirectory(inside) {
			a.Path = inside
		}
	}
	meta, err := d.ReadMeta(ctx)
	if err != nil {
		log.Warn("snapshot.yaml not read", "err", err)
		return a
	}
	a.TakenAt, a.meta = meta.TakenAt, meta
	return a
}

// ReadAnswer reads the response of an endpoint from dir: the body with the status added as "_status".
// Status 0 means that there was no response, for the reason in "_reason", which must be one of reasons.
func ReadAnswer(ctx context.Context, dir, endpoint string, reasons []failure.Reason) (status int, body []byte, err error) {
	for _, name := range []string{uniqueFile(endpoint), answerFile(endpoint), answerFile(strings.TrimSuffix(endpoint, "/"))} {
		if status, body, err = readAnswer(ctx, filepath.Join(dir, name), reasons); !errors.Is(err, failure.ErrNotInSnapshot) {
			break
		}
	}
	return status, body, err
}

func readAnswer(ctx context.Context, file string, reasons []failure.Reason) (status int, body []byte, err error) {
	body, err = files.Read(ctx, file, maxAnswer)
	if errors.Is(err, fs.ErrNotExist) {
		return 0, nil, fmt.Errorf("%s: %w", filepath.Base(file), failure.ErrNotInSnapshot)
	}
	if err != nil {
		return 0, nil, err
	}
	head, err := httpclient.DecodeJSON[struct {
		Status int            `json:"_status"`
		Reason failure.Reason `json:"_reason"`
	}](body)
	if err != nil {
		return 0, nil, fmt.Errorf("%s: %w", filepath.Base(file), err)
	}
	if head.Status > 0 {
		return head.Status, body, nil
	}
	if !slices.Contains(reasons, head.Reason) {
		head.Reason = failure.ReasonHTTP
	}
	return 0, body, &failure.Error{Reason: head.Reason, Err: errors.New("no response"), NoAnswer: true}
}

// ReadExpiry reads the expiry of a certificate from "not_after". It is zero if unknown.
func ReadExpiry(ctx context.Context, file string) time.Time {
	var certificate struct {
		NotAfter time.Time `json:"not_after"`
	}
	if body, err := files.Read(ctx, file, maxAnswer); err != nil || json.Unmarshal(body, &certificate) != nil {
		return time.Time{}
	}
	return certificate.NotAfter
}

// maxFileName leaves room for suffixes below the limit of file systems.
const maxFileName = 200

// fileSystemLimit is the limit of common file systems, in bytes.
const fileSystemLimit = 255

// FileName returns the name of a file or directory for an object. A name that is too long for
// a file system is cut and ends in a hash.
func FileName(name, extension string) string {
	if len(name)+len(extension) <= fileSystemLimit {
		return name + extension
	}
	sum := sha256.Sum256([]byte(name))
	return name[:maxFileName] + "." + hex.EncodeToString(sum[:8]) + extension
}

// answerFile returns the file name of an endpoint: its path with - instead of /.
func answerFile(endpoint string) string {
	if len(endpoint) > maxFileName {
		return uniqueFile(endpoint)
	}
	return strings.ReplaceAll(endpoint, "/", "-") + ".json"
}

// uniqueFile returns a file name that is unique for an endpoint: a-b and a/b are different secrets.
func uniqueFile(endpoint string) string {
	sum := sha256.Sum256([]byte(endpoint))
	name := strings.ReplaceAll(endpoint, "/", "-")
	return name[:min(len(name), maxFileName)] + "." + hex.EncodeToString(sum[:8]) + ".json"
}

// Writer writes and counts the responses to one probe. The directories must exist.
type Writer struct {
	// Fleet is the directory of the snapshot, Cluster the directory of the cluster of the
	// probe.
	Fleet, Cluster string
	// TakenAt is the time of the snapshot, in whole seconds.
	TakenAt time.Time

	Answers int
	Missing []Missing

	written map[string]bool
}

// CreateInstanceDir creates the directory of one instance of a system.
func (w *Writer) CreateInstanceDir(system, name string) (string, error) {
	dir := filepath.Join(w.Fleet, system, name)
	return dir, os.MkdirAll(dir, 0o700)
}

// WriteAnswer writes the answer of an endpoint to the file that [ReadAnswer] reads, and counts it
// if answered.
func (w *Writer) WriteAnswer(dir, endpoint string, text []byte, answered bool) error {
	file := filepath.Join(dir, answerFile(endpoint))
	if w.written[file] {
		file = filepath.Join(dir, uniqueFile(endpoint))
	}
	return w.Write(file, text, answered)
}

// Write writes a file, and counts it if answered.
func (w *Writer) Write(file string, text []byte, answered bool) error {
	if w.written == nil {
		w.written = map[string]bool{}
	}
	w.written[file] = true
	if answered {
		w.Answers++
	}
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		return err
	}
	return os.WriteFile(file, text, 0o600)
}
