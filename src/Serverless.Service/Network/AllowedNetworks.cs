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
    /// <exception cref="InputError">An entry is none of these, or a network of IPv6 that stands for all addresses of IPv4.</exception>
    public static AllowedNetworks Parse(IEnumerable<string> entries)
    {
        var hosts = ImmutableHashSet.CreateBuilder<string>(StringComparer.OrdinalIgnoreCase);
        var networks = ImmutableArray.CreateBuilder<IPNetwork>();
        foreach (var entry in entries)
        {
            // A dot at the end changes nothing about where a name leads.
            var host = entry.TrimEnd('.');
            if (IPAddress.TryParse(host, out var address))
                networks.Add(new IPNetwork(SpecialAddress.Plain(address), SpecialAddress.Plain(address).GetAddressBytes().Length * 8));
            else if (IPNetwork.TryParse(entry, out var network))
                networks.Add(Plain(entry, network));
            else if (Uri.CheckHostName(host) == UriHostNameType.Dns)
                hosts.Add(host);
            else
                throw new InputError($"found \"{entry}\"; allowed: a host such as teacher.internal, an address, or a network such as 10.1.0.0/16");
        }
        return new AllowedNetworks(hosts.ToImmutable(), networks.ToImmutable());
    }

    /// <summary>A network of IPv4 addresses inside IPv6 ones as that of the IPv4 addresses, because these are what addresses are compared as.</summary>
    private static IPNetwork Plain(string entry, IPNetwork network)
    {
        var plain = SpecialAddress.Plain(network.BaseAddress);
        if (plain.AddressFamily == network.BaseAddress.AddressFamily)
            return network;
        var before = SpecialAddress.BitsBefore(network.BaseAddress);
        // Whoever writes the prefix that IPv4 addresses stand behind means a way to them rather than every one of them.
        if (network.PrefixLength <= before)
            throw new InputError($"found \"{entry}\", behind which every IPv4 address may stand; allowed: a prefix longer than /{before} there, or the networks of IPv4 themselves, such as 10.1.0.0/16");
        return new IPNetwork(plain, Math.Min(network.PrefixLength - before, 32));
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
