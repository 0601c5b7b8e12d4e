using System.Net;
using Serverless.Service.Network;

namespace Serverless.Service.Tests.Network;

public sealed class SpecialAddressTests
{
    [Theory]
    [InlineData("1.1.1.1")]
    [InlineData("9.255.255.255")]
    [InlineData("11.0.0.0")]
    [InlineData("100.63.255.255")]
    [InlineData("100.128.0.0")]
    [InlineData("169.253.255.255")]
    [InlineData("172.15.255.255")]
    [InlineData("172.32.0.0")]
    [InlineData("192.167.255.255")]
    [InlineData("223.255.255.255")]
    [InlineData("2606:4700::1111")]
    [InlineData("2a00:1450:4001::1")]
    [InlineData("::ffff:1.1.1.1")]
    [InlineData("64:ff9b::1.1.1.1")]
    [InlineData("2002:101:101::1")]
    public void An_address_that_everybody_can_reach_is_nothing_special(string address) => Assert.Null(SpecialAddress.KindOf(IPAddress.Parse(address)));

    [Theory]
    [InlineData("0.0.0.0", "an unspecified address")]
    [InlineData("0.1.2.3", "an unspecified address")]
    [InlineData("::", "an unspecified address")]
    [InlineData("127.0.0.1", "a loopback address")]
    [InlineData("127.255.255.254", "a loopback address")]
    [InlineData("::1", "a loopback address")]
    [InlineData("10.0.0.1", "a private address")]
    [InlineData("172.16.0.1", "a private address")]
    [InlineData("172.31.255.255", "a private address")]
    [InlineData("192.168.1.1", "a private address")]
    [InlineData("100.64.0.1", "a shared address behind a provider's NAT")]
    [InlineData("100.127.255.255", "a shared address behind a provider's NAT")]
    [InlineData("169.254.1.1", "a link-local address")]
    [InlineData("fe80::1", "a link-local address")]
    [InlineData("fe80::1%2", "a link-local address")]
    [InlineData("fd12:3456::1", "a unique local address")]
    [InlineData("fc00::1", "a unique local address")]
    [InlineData("224.0.0.1", "a multicast address")]
    [InlineData("ff02::1", "a multicast address")]
    [InlineData("240.0.0.1", "a reserved address")]
    [InlineData("255.255.255.255", "a reserved address")]
    [InlineData("192.0.2.1", "a reserved address")]
    [InlineData("198.18.0.1", "a reserved address")]
    [InlineData("2001:db8::1", "a reserved address")]
    [InlineData("2001::1", "a reserved address")] // Teredo
    [InlineData("fec0::1", "a reserved address")] // site-local, given up
    [InlineData("64:ff9b:1::1", "a reserved address")] // NAT64 of one's own
    [InlineData("::10.0.0.1", "a reserved address")] // IPv4-compatible, given up
    [InlineData("::ffff:127.0.0.1", "a loopback address")]
    [InlineData("::ffff:10.0.0.1", "a private address")]
    [InlineData("64:ff9b::192.168.0.1", "a private address")]
    [InlineData("2002:a00:1::1", "a private address")] // 6to4 of 10.0.0.1
    [InlineData("2002:7f00:1::", "a loopback address")]
    [InlineData("169.254.169.254", SpecialAddress.Metadata)]
    [InlineData("::ffff:169.254.169.254", SpecialAddress.Metadata)]
    [InlineData("64:ff9b::a9fe:a9fe", SpecialAddress.Metadata)]
    [InlineData("2002:a9fe:a9fe::", SpecialAddress.Metadata)]
    [InlineData("fd00:ec2::254", SpecialAddress.Metadata)]
    [InlineData("168.63.129.16", SpecialAddress.Metadata)]
    [InlineData("100.100.100.200", SpecialAddress.Metadata)]
    public void An_address_that_is_not_everybodys_is_called_by_what_it_is(string address, string kind) =>
        Assert.Equal(kind, SpecialAddress.KindOf(IPAddress.Parse(address)));
}
