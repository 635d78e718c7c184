// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package fleet

import (
	"context"
	"errors"
	"net/url"
	"strconv"
	"strings"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/failure"
)

const (
	// A page is far below the most that a client reads.
	metadataPage, objectPage = 500, 50
	maxPages                 = 1000
	// listAgainAfter is how long a refusal to list Secrets is believed.
	listAgainAfter = time.Minute
	// absentAfter is how long a kind that was served is missed before that is
	// believed: an API server that starts forgets its custom resources for a moment.
	absentAfter = 30 * time.Second
)

// fluxSecrets returns the Secrets with the suffix. Where Secrets may not be listed, it returns those
// that objects apply with.
func (p *place) fluxSecrets(ctx context.Context) ([]declared, error) {
	suffix := p.entry.FluxSecrets.Suffix
	list, err := p.listSecrets(ctx, "")
	if apierrors.IsForbidden(err) {
		list, err = p.appliedWith(ctx)
	}
	var found []declared
	for _, d := range list {
		if name, ok := strings.CutSuffix(d.secret, suffix); ok && name != "" {
			d.cluster = name
			found = append(found, d)
		}
	}
	return found, err
}

// appliedWith are the Secrets that Kustomizations and HelmReleases refer to.
func (p *place) appliedWith(ctx context.Context) ([]declared, error) {
	kustomizations, err := p.references(ctx, "kustomize.toolkit.fluxcd.io", "kustomizations")
	releases, err2 := p.references(ctx, "helm.toolkit.fluxcd.io", "helmreleases")
	seen := map[string]bool{}
	var found []declared
	for _, name := range append(kustomizations, releases...) {
		if !seen[name] {
			seen[name] = true
			found = append(found, declared{secret: name})
		}
	}
	return found, joinErrors(err, err2)
}

// references are the names of the kubeconfig Secrets of a kind. A kind that is
// not served refers to none.
func (p *place) references(ctx context.Context, group, resource string) ([]string, error) {
	names, err := p.listReferences(ctx, group, resource)
	switch {
	case err == nil:
		p.served[resource] = time.Now()
	case apierrors.IsNotFound(err) && time.Since(p.served[resource]) > absentAfter:
		return nil, nil
	}
	return names, err
}

func (p *place) listReferences(ctx context.Context, group, resource string) ([]string, error) {
	var served struct {
		PreferredVersion struct {
			Version string `json:"version"`
		} `json:"preferredVersion"`
	}
	if err := p.ask(ctx, func(ctx context.Context) error { return p.client.Get(ctx, "/apis/"+group, nil, &served) }); err != nil {
		return nil, err
	}
	var names []string
	path := "/apis/" + group + "/" + served.PreferredVersion.Version + "/namespaces/" + p.source.Namespace + "/" + resource
	err := p.pages(ctx, objectPage, func(ctx context.Context, query url.Values) (string, error) {
		var list struct {
			page

			Items []struct {
				Spec struct {
					KubeConfig struct {
						SecretRef struct {
							Name string `json:"name"`
						} `json:"secretRef"`
					} `json:"kubeConfig"`
				} `json:"spec"`
			} `json:"items"`
		}
		if err := p.client.Get(ctx, path, query, &list); err != nil {
			return "", err
		}
		for _, item := range list.Items {
			if name := item.Spec.KubeConfig.SecretRef.Name; name != "" {
				names = append(names, name)
			}
		}
		return list.Metadata.Continue, nil
	})
	return names, err
}

// greenhouse are the Cluster objects of an organization; each has a Secret of its
// own name.
func (p *place) greenhouse(ctx context.Context) ([]declared, error) {
	var found []declared
	err := p.metadata(ctx, "/apis/greenhouse.sap/v1alpha1/namespaces/"+p.source.Namespace+"/clusters", "", func(o metadataOnly) {
		found = append(found, declared{cluster: o.Metadata.Name, secret: o.Metadata.Name, labels: orEmpty(o.Metadata.Labels)})
	})
	if err != nil || len(found) == 0 {
		return found, err
	}
	// One list instead of a request for each, where that is allowed.
	secrets, err := p.listSecrets(ctx, "")
	if err != nil {
		return found, nil //nolint:nilerr // each is asked for by its name
	}
	versions := map[string]string{}
	for _, s := range secrets {
		versions[s.secret] = s.version
	}
	for i := range found {
		found[i].version = versions[found[i].secret]
	}
	return found, nil
}

// secrets are the Secrets with the labels.
func (p *place) secrets(ctx context.Context) ([]declared, error) {
	list, err := p.listSecrets(ctx, p.entry.Secrets.LabelSelector)
	for i := range list {
		list[i].cluster = list[i].secret
		if name, ok := strings.CutSuffix(list[i].secret, DefaultSuffix); ok && name != "" {
			list[i].cluster = name
		}
	}
	return list, err
}

// listSecrets lists the names and versions of the Secrets of the namespace. A
// refusal is believed for a while, so that no audit log fills with it.
func (p *place) listSecrets(ctx context.Context, selector string) ([]declared, error) {
	if time.Since(p.noList) < listAgainAfter {
		return nil, apierrors.NewForbidden(schema.GroupResource{Resource: "secrets"}, "", errors.New("refused a moment ago"))
	}
	var found []declared
	err := p.metadata(ctx, "/api/v1/namespaces/"+p.source.Namespace+"/secrets", selector, func(o metadataOnly) {
		found = append(found, declared{secret: o.Metadata.Name, labels: orEmpty(o.Metadata.Labels), version: o.Metadata.ResourceVersion})
	})
	if apierrors.IsForbidden(err) {
		p.noList = time.Now()
	}
	return found, err
}

// metadata lists the metadata of objects.
func (p *place) metadata(ctx context.Context, path, selector string, each func(metadataOnly)) error {
	return p.pages(ctx, metadataPage, func(ctx context.Context, query url.Values) (string, error) {
		if selector != "" {
			query.Set("labelSelector", selector)
		}
		var list struct {
			page

			Kind  string         `json:"kind"`
			Items []metadataOnly `json:"items"`
		}
		if err := p.client.ListMetadata(ctx, path, query, &list); err != nil {
			return "", err
		}
		if list.Kind != "PartialObjectMetadataList" { // a page of something else, or nothing
			return "", errNoList
		}
		for _, o := range list.Items {
			each(o)
		}
		return list.Metadata.Continue, nil
	})
}

// page has the metadata of a list.
type page struct {
	Metadata struct {
		Continue string `json:"continue"`
	} `json:"metadata"`
}

// pages lists page by page, with fewer items when a page is too large: annotations of hundreds of KiB
// must not hide the other objects. An incomplete list is an error.
func (p *place) pages(ctx context.Context, size int, ask func(context.Context, url.Values) (next string, err error)) error {
	query := url.Values{"limit": {strconv.Itoa(size)}}
	for range maxPages {
		var next string
		err := p.ask(ctx, func(ctx context.Context) (err error) {
			next, err = ask(ctx, query)
			return err
		})
		if errors.Is(err, failure.ErrTooLarge) && size > 1 {
			size = max(1, size/8)
			query.Set("limit", strconv.Itoa(size))
			continue
		}
		if err != nil || next == "" {
			return err
		}
		query.Set("continue", next)
	}
	return errNoList
}

// errNoList is an answer that is not the list that was asked for, or one without
// an end.
var errNoList = failure.Errorf(failure.ReasonDecode, "the answer is not a list")

func orEmpty(labels map[string]string) map[string]string {
	if labels == nil {
		return map[string]string{}
	}
	return labels
}
