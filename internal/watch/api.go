// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package watch

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/go-json-experiment/json"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/version"
	"k8s.io/client-go/discovery"
	"k8s.io/client-go/rest"
)

// api is the connection to one API server: one HTTP client, shared by all
// watches.
type api struct {
	discovery *discovery.DiscoveryClient
	config    *rest.Config
	http      *http.Client
}

func connect(config *rest.Config, watchList bool) (*api, error) {
	config = rest.CopyConfig(config)
	config.QPS = -1 // a handful of requests at the start, then watches
	config.UserAgent = "cobaltcore-exporter"
	// WatchList streams are not compressed before Kubernetes 1.37 and are meant
	// for near clusters; the LIST of a far one is worth the CPU.
	config.DisableCompression = watchList
	client, err := rest.HTTPClientFor(config)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errConfig, err)
	}
	d, err := discovery.NewDiscoveryClientForConfigAndClient(config, client)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errConfig, err)
	}
	return &api{discovery: d, config: config, http: client}, nil
}

func (a *api) close() { a.http.CloseIdleConnections() }

// served is what a cluster offers of what we know.
type served struct {
	serverVersion string
	// kinds has the best served version and the resource name.
	kinds map[schema.GroupKind]servedKind
}

type servedKind struct{ version, resource string }

// discover asks for the server's version and its kinds. It is the probe by
// which a cluster counts as reached.
func (a *api) discover(ctx context.Context, timeout time.Duration, resources []Resource) (served, error) {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	info, err := a.version(ctx)
	if err != nil {
		return served{}, fmt.Errorf("get server version: %w", err)
	}
	// One request for everything where the server aggregates its discovery, the
	// groups alone where it does not.
	groups, lists, failed, err := a.discovery.GroupsAndMaybeResourcesWithContext(ctx)
	if err != nil {
		return served{}, fmt.Errorf("discover kinds: %w", err)
	}
	s := served{serverVersion: info.GitVersion, kinds: map[schema.GroupKind]servedKind{}}
	for _, r := range resources {
		for _, v := range offered(groups, r) {
			gv := schema.GroupVersion{Group: r.Group, Version: v}
			list := lists[gv]
			if list == nil {
				if err := failed[gv]; err != nil {
					return served{}, fmt.Errorf("discover %s: %w", gv, err)
				}
				list, err = a.discovery.ServerResourcesForGroupVersionWithContext(ctx, gv.String())
				if apierrors.IsNotFound(err) {
					continue // removed a moment ago
				}
				if err != nil {
					return served{}, fmt.Errorf("discover %s: %w", gv, err)
				}
				if lists == nil {
					lists = map[schema.GroupVersion]*metav1.APIResourceList{}
				}
				lists[gv] = list
			}
			if i := slices.IndexFunc(list.APIResources, func(a metav1.APIResource) bool {
				return a.Kind == r.Kind && slices.Contains(a.Verbs, "list")
			}); i >= 0 {
				s.kinds[schema.GroupKind{Group: r.Group, Kind: r.Kind}] = servedKind{version: v, resource: list.APIResources[i].Name}
				break
			}
		}
	}
	if len(s.kinds) < len(resources) {
		if err := a.complete(ctx); err != nil {
			return served{}, err
		}
	}
	return s, nil
}

// complete fails while the API server is starting: it answers before it has
// loaded the custom resources, which then look as if they were not there.
func (a *api) complete(ctx context.Context) error {
	err := a.discovery.RESTClient().Get().MaxRetries(0).AbsPath("/readyz").Do(ctx).Error()
	if err == nil || apierrors.IsForbidden(err) || apierrors.IsNotFound(err) || apierrors.IsUnauthorized(err) {
		return nil // ready, or not for us to know
	}
	return fmt.Errorf("get /readyz: %w", err)
}

// version asks what ServerVersion of client-go asks, and says so when the answer
// is no JSON: the login page of a proxy is not trouble with the network.
func (a *api) version(ctx context.Context) (version.Info, error) {
	var info version.Info
	body, err := a.discovery.RESTClient().Get().MaxRetries(0).AbsPath("/version").Do(ctx).Raw()
	if err != nil {
		return info, err
	}
	if err := json.Unmarshal(body, &info, jsonOptions, utf8Options); err != nil {
		return info, fmt.Errorf("%w: %w", errDecode, err)
	}
	return info, nil
}

// offered are the versions of r that the server offers, best first.
func offered(groups *metav1.APIGroupList, r Resource) []string {
	var versions []string
	for _, g := range groups.Groups {
		if g.Name != r.Group {
			continue
		}
		for _, want := range r.Versions {
			if slices.ContainsFunc(g.Versions, func(v metav1.GroupVersionForDiscovery) bool { return v.Version == want }) {
				versions = append(versions, want)
			}
		}
	}
	return versions
}

// client makes a REST client for one group and version. Bodies are decoded by
// ourselves; the codecs serve error answers.
func (a *api) client(gv schema.GroupVersion, codecs runtime.NegotiatedSerializer) (*rest.RESTClient, error) {
	config := rest.CopyConfig(a.config)
	config.GroupVersion, config.APIPath, config.NegotiatedSerializer = &gv, "/apis", codecs
	if gv.Group == "" {
		config.APIPath = "/api"
	}
	return rest.RESTClientForConfigAndClient(config, a.http)
}
