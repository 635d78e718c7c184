// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package nodeapi

import (
	"context"
	"crypto/x509"
	"path/filepath"
	"time"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/failure"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/snapshot"
)

// StoredNode is a node whose answers are in a directory of a snapshot; see [snapshot.ReadAnswer].
type StoredNode struct{ Dir string }

// CertificateFile has the expiry of the listener's certificate as "not_after".
const CertificateFile = "tls.json"

// Do reads the response to a request from its file.
func (n StoredNode) Do(ctx context.Context, r Request) (Answer, error) {
	status, body, err := snapshot.ReadAnswer(ctx, n.Dir, r.Path, Reasons())
	if err != nil {
		return Answer{}, err
	}
	return Answer{Status: status, Body: body}, nil
}

// Presented returns a certificate that has only its expiry.
func (n StoredNode) Presented() *x509.Certificate {
	notAfter := snapshot.ReadExpiry(context.Background(), filepath.Join(n.Dir, CertificateFile))
	if notAfter.IsZero() {
		return nil
	}
	return &x509.Certificate{NotAfter: notAfter}
}

// Login always fails.
func (StoredNode) Login(context.Context, string, string, string) (Session, error) {
	return Session{}, failure.ErrNotInSnapshot
}

// Revoke does nothing.
func (StoredNode) Revoke(context.Context, string) {}

// Close does nothing.
func (StoredNode) Close() {}

// StoredNodes is the source of the nodes of a snapshot.
type StoredNodes struct {
	snapshot.AnswerDir

	clock func() time.Time
}

// Now returns the time of the snapshot.
func (s *StoredNodes) Now() time.Time {
	if s.TakenAt.IsZero() {
		return s.clock()
	}
	return s.TakenAt
}

// Shift returns the duration that is currently added to timestamps.
func (s *StoredNodes) Shift() time.Duration { return s.AnswerDir.TimeShift(s.clock()) }

// Current returns the nodes that have a directory in the snapshot.
func (s *StoredNodes) Current() (map[string]Node, failure.List) {
	names, err := snapshot.Subdirectories(context.Background(), s.Path)
	if err != nil {
		return nil, failure.List{{Endpoint: "snapshot", Err: failure.Errorf(failure.ReasonNotFound, "%w", err)}}
	}
	nodes := map[string]Node{}
	for _, name := range names {
		nodes[name] = StoredNode{filepath.Join(s.Path, name)}
	}
	return nodes, nil
}

// Run returns at once: the nodes of a snapshot never change.
func (*StoredNodes) Run(context.Context) {}

// Changed returns a channel on which nothing is ever sent.
func (*StoredNodes) Changed() <-chan struct{} { return nil }

// Known returns true.
func (*StoredNodes) Known() bool { return true }

// Close does nothing.
func (*StoredNodes) Close() {}
