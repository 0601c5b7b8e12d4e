using System.Collections.Frozen;
using System.Net;
using System.Net.Sockets;

namespace Serverless.Service.Network;

/// <summary>
/// Which internet addresses are not everybody's: those that the IANA registries of special-purpose addresses (RFC 6890, with IPv6's by RFC 4291 and 4193) mark as not
/// globally reachable, multicast, and where clouds keep their metadata services. An IPv4 address inside an IPv6 one (mapped, NAT64, 6to4) counts as itself.
/// </summary>
public static class SpecialAddress
{
    /// <summary>What <see cref="KindOf"/> calls a cloud's metadata service, which hands out credentials to whoever asks from inside.</summary>
    public const string Metadata = "the address of a cloud's metadata service";

    private static readonly FrozenSet<IPAddress> MetadataServices = new[]
    {
        "169.254.169.254", "fd00:ec2::254", "fd20:ce::254", // Azure, AWS, Google Cloud and most others
        "169.254.170.2", "169.254.170.23", "fd00:ec2::23", // credentials of containers on AWS
        "168.63.129.16", // Azure's host, as its machines see it
        "100.100.100.200", "192.0.0.192", // Alibaba Cloud, Oracle Cloud
    }.Select(IPAddress.Parse).ToFrozenSet();

    private static readonly (IPNetwork Network, string Kind)[] Networks =
    [
        .. Of("an unspecified address", "0.0.0.0/8", "::/128"),
        .. Of("a loopback address", "127.0.0.0/8", "::1/128"),
        .. Of("a private address", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"),
        .. Of("a shared address behind a provider's NAT", "100.64.0.0/10"),
        .. Of("a link-local address", "169.254.0.0/16", "fe80::/10"),
        .. Of("a unique local address", "fc00::/7"),
        .. Of("a multicast address", "224.0.0.0/4", "ff00::/8"),
        .. Of(
            "a reserved address", "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "240.0.0.0/4", "2001::/23", "2001:db8::/32",
            "3fff::/20"),
    ];

    private static readonly IPNetwork Nat64 = IPNetwork.Parse("64:ff9b::/96"), SixToFour = IPNetwork.Parse("2002::/16"), GlobalUnicast = IPNetwork.Parse("2000::/3");

    /// <summary>What an address is, such as "a private address"; null: one that everybody can reach.</summary>
    public static string? KindOf(IPAddress address)
    {
        var plain = Plain(address);
        if (MetadataServices.Contains(plain))
            return Metadata;
        foreach (var (network, kind) in Networks)
            if (network.Contains(plain))
                return kind;
        return plain.GetAddressBytes().Length == 4 || GlobalUnicast.Contains(plain) ? null : "a reserved address";
    }

    /// <summary>Without a zone, and the IPv4 address where one is inside.</summary>
    internal static IPAddress Plain(IPAddress address)
    {
        var bytes = address.GetAddressBytes();
        if (bytes.Length == 4)
            return address;
        var plain = new IPAddress(bytes);
        return plain.IsIPv4MappedToIPv6 || Nat64.Contains(plain) ? new IPAddress(bytes.AsSpan(12))
            : SixToFour.Contains(plain) ? new IPAddress(bytes.AsSpan(2, 4))
            : plain;
    }

    /// <summary>How many bits of an IPv6 address stand before the IPv4 address inside; of others as of one that is mapped.</summary>
    internal static int BitsBefore(IPAddress address) =>
        address.AddressFamily == AddressFamily.InterNetworkV6 && !address.IsIPv4MappedToIPv6 && SixToFour.Contains(address) ? 16 : 96;

    private static IEnumerable<(IPNetwork, string)> Of(string kind, params string[] networks) => networks.Select(network => (IPNetwork.Parse(network), kind));
}
