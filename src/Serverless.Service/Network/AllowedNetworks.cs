using System.Collections.Immutable;
using System.Net;
using Serverless.Learning;

namespace Serverless.Service.Network;

/// <summary>The hosts and networks that are not public and may be called all the same, as the setting of this name lists them.</summary>
public sealed class AllowedNetworks
{
    /// <summary>None: public addresses only.</summary>
    public static readonly AllowedNetworks None = new([], []);

    private readonly ImmutableHashSet<string> _hosts;
    private readonly ImmutableArray<IPNetwork> _networks;

    private AllowedNetworks(ImmutableHashSet<string> hosts, ImmutableArray<IPNetwork> networks) => (_hosts, _networks) = (hosts, networks);

    /// <summary>Reads entries: a host's name, an address, or a network such as <c>10.1.0.0/16</c>.</summary>
    /// <exception cref="InputError">An entry is none of these.</exception>
    public static AllowedNetworks Parse(IEnumerable<string> entries)
    {
        var hosts = ImmutableHashSet.CreateBuilder<string>(StringComparer.OrdinalIgnoreCase);
        var networks = ImmutableArray.CreateBuilder<IPNetwork>();
        foreach (var entry in entries)
        {
            if (IPAddress.TryParse(entry, out var address))
                networks.Add(new IPNetwork(SpecialAddress.Plain(address), SpecialAddress.Plain(address).GetAddressBytes().Length * 8));
            else if (IPNetwork.TryParse(entry, out var network))
                networks.Add(network);
            else if (Uri.CheckHostName(entry) == UriHostNameType.Dns)
                hosts.Add(entry);
            else
                throw new InputError($"found \"{entry}\"; allowed: a host such as teacher.internal, an address, or a network such as 10.1.0.0/16");
        }
        return new AllowedNetworks(hosts.ToImmutable(), networks.ToImmutable());
    }

    /// <summary>Whether a host is named, whatever its address.</summary>
    internal bool Names(string host) => _hosts.Contains(host);

    /// <summary>Whether an address lies in one of the networks.</summary>
    internal bool Contains(IPAddress address)
    {
        var plain = SpecialAddress.Plain(address);
        return _networks.Any(network => network.Contains(plain));
    }
}
