// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package fleet

import (
	"context"
	"maps"
	"regexp"
	"sync"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/failure"
)

// parallel is the number of Secrets of a source that are read concurrently.
const parallel = 8

// poll polls a source once.
func (p *place) poll(ctx context.Context) {
	before := p.currentState()
	found := newDeclarations(before.known, p.maxClusters)
	err := p.declared(ctx, found)
	if ctx.Err() != nil {
		return
	}
	now := map[string]known{}
	for _, d := range found.bySecret {
		now[d.secret] = before.known[d.secret].withDeclaration(d)
	}
	if err != nil { // clusters that were not found may still exist
		for name, k := range before.known {
			if _, ok := now[name]; !ok {
				k.version = ""
				now[name] = k
			}
		}
	}
	if err == nil || findingReason(err) == failure.ReasonForbidden { // otherwise the host cluster cannot be reached
		p.readAll(ctx, now)
	}
	if ctx.Err() != nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	s := &p.state
	s.known = now
	if err != nil {
		s.failing.Fail(findingReason(err))
		s.rounds++
		return
	}
	s.rounds, s.hasPolled, s.success = 0, true, time.Now()
	if found.omitted > 0 {
		s.failing.Fail(ReasonTooMany)
		return
	}
	s.failing.Succeed()
}

// withDeclaration returns the known cluster with the current declaration.
func (k known) withDeclaration(d declared) known {
	if d.labels == nil {
		d.labels = k.labels // until the Secret is read
	}
	k.declared = d
	return k
}

// readAll reads the changed Secrets and removes clusters that no longer exist.
func (p *place) readAll(ctx context.Context, now map[string]known) {
	var mu sync.Mutex
	var tasks sync.WaitGroup
	tokens := make(chan struct{}, parallel)
	for name, k := range maps.Clone(now) {
		tasks.Go(func() {
			tokens <- struct{}{}
			defer func() { <-tokens }()
			k, ok := p.read(ctx, k)
			mu.Lock()
			defer mu.Unlock()
			if now[name] = k; !ok {
				delete(now, name)
			}
		})
	}
	tasks.Wait()
}

// read updates a known cluster from its Secret. It returns false if the cluster does not exist.
func (p *place) read(ctx context.Context, k known) (known, bool) {
	if !clusterName.MatchString(k.cluster) || len(k.cluster) > maxName || !objectName.MatchString(k.secret) || len(k.secret) > maxName {
		k.reason, k.credentials = ReasonInvalidName, nil
		return k, true
	}
	listed := k.version != ""
	if !listed {
		var o metadataOnly
		err := p.withTimeout(ctx, func(ctx context.Context) error { return p.client.GetMetadata(ctx, p.secretPath(k.secret), &o) })
		if err != nil {
			return k.withFailure(err, true)
		}
		k.version = o.version()
		k.adoptLabels(o.labels(), p.entry.Greenhouse == nil)
	}
	if k.version == k.read {
		return k, true
	}
	var secret struct {
		metadataOnly

		Type string            `json:"type"`
		Data map[string][]byte `json:"data"`
	}
	err := p.withTimeout(ctx, func(ctx context.Context) error { return p.client.Get(ctx, p.secretPath(k.secret), nil, &secret) })
	if err != nil {
		return k.withFailure(err, !listed)
	}
	k.read = secret.version()
	k.adoptLabels(secret.labels(), p.entry.Greenhouse == nil)
	data, reason := p.kubeconfig(secret.Type, secret.Data)
	if len(data) > maxKubeconfig {
		reason = failure.ReasonTooLarge
	}
	if reason != "" {
		k.reason = reason
		return k, true
	}
	config, reason := fromSecret(data, allowances(p.entry.Allow))
	if k.reason = reason; reason != "" {
		return k, true // the previous kubeconfig may still be valid
	}
	if k.credentials == nil {
		k.credentials = &Credentials{Secret: SecretRef{p.host.Name, p.source.Namespace, k.secret}}
	}
	k.credentials.set(config, data)
	return k, true
}

// adoptLabels uses the labels of the Secret as the labels of the cluster if no other object declares the cluster.
func (k *known) adoptLabels(labels map[string]string, declares bool) {
	if declares {
		k.labels = labels
	}
}

// withFailure returns the state after a Secret could not be read. If the Secret does not exist, the cluster is removed. It
// stays as a finding if an object refers to the Secret.
func (k known) withFailure(err error, referred bool) (known, bool) {
	if !apierrors.IsNotFound(err) {
		k.reason, k.read = findingReason(err), ""
		return k, true
	}
	k.reason, k.credentials, k.read = ReasonMissing, nil, ""
	return k, referred
}

func (p *place) withTimeout(ctx context.Context, request func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, discoverTimeout)
	defer cancel()
	return request(ctx)
}

func (p *place) secretPath(name string) string {
	return "/api/v1/namespaces/" + p.source.Namespace + "/secrets/" + name
}

// kubeconfig returns the kubeconfig in a Secret.
func (p *place) kubeconfig(secretType string, data map[string][]byte) ([]byte, failure.Reason) {
	var keys []string
	switch {
	case p.entry.FluxSecrets != nil:
		keys = []string{"value", "value.yaml"}
	case p.entry.Greenhouse != nil:
		if secretType != "greenhouse.sap/kubeconfig" && secretType != "greenhouse.sap/oidc" {
			return nil, ReasonType
		}
		// Greenhouse writes the first key for both types. The second key is written by the user, and is the fallback.
		keys = []string{"greenhousekubeconfig", "kubeconfig"}
	default:
		keys = []string{p.entry.Secrets.Key}
	}
	for _, key := range keys {
		if len(data[key]) > 0 {
			return data[key], ""
		}
	}
	return nil, ReasonNoKey
}

const (
	maxName = 253
	// maxKubeconfig limits the size of a kubeconfig in a Secret, because its certificates stay in memory.
	maxKubeconfig = 256 << 10
)

var (
	// clusterName matches names of clusters, as in the configuration.
	clusterName = regexp.MustCompile(`^[0-9A-Za-z]([-.0-9A-Z_a-z]*[0-9A-Za-z])?$`)
	// objectName matches names that are safe in the path of a request.
	objectName = regexp.MustCompile(`^[0-9a-z]([-.0-9a-z]*[0-9a-z])?$`)
)

// metadataOnly has the metadata that discovery needs.
type metadataOnly struct {
	Metadata struct {
		Name            string            `json:"name"`
		ResourceVersion string            `json:"resourceVersion"`
		Labels          map[string]string `json:"labels"`
	} `json:"metadata"`
}

// version returns the resource version. It is empty, which means unknown, if it is too long to be from an API server.
func (o *metadataOnly) version() string {
	if len(o.Metadata.ResourceVersion) > maxName {
		return ""
	}
	return o.Metadata.ResourceVersion
}

// labels returns the labels that describe the cluster of the object.
func (o *metadataOnly) labels() map[string]string {
	kept := map[string]string{}
	for _, name := range []string{roleLabel, regionLabel, ownerLabel} {
		if v := o.Metadata.Labels[name]; v != "" && len(v) <= maxName {
			kept[name] = v
		}
	}
	return kept
}

// joinErrors returns the first error that is not about permissions, or else the first error.
func joinErrors(errs ...error) error {
	var first error
	for _, err := range errs {
		if err != nil && (first == nil || apierrors.IsForbidden(first) && !apierrors.IsForbidden(err)) {
			first = err
		}
	}
	return first
}
