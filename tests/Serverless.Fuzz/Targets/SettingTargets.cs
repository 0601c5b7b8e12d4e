using System.Text;
using Serverless.Fuzz.Running;
using Serverless.Service.Network;
using Serverless.Service.Pipeline.Webhooks;

namespace Serverless.Fuzz.Targets;

/// <summary>Addresses as settings give them.</summary>
internal static class SettingTargets
{
    private static readonly OutboundPolicy Policy = new(AllowedNetworks.None);

    public static IReadOnlyList<FuzzTarget> All { get; } =
    [
        new FuzzTarget("webhook-setting", [.. new[] { "https://example.com/hook whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "http://[::1]:80/ whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw" }.Select(Encoding.UTF8.GetBytes)],
            input => Policy.FaultOf(WebhookEndpoint.Parse(Encoding.UTF8.GetString(input)).Url))
        {
            Words = ["https://", "http://", "[", "]", "@", ":", "%00", "whsec_", " ", "xn--", "\u00df", "0x7f.1", "/../"],
        },
        new FuzzTarget("network-setting", [.. new[] { "10.0.0.0/8", "teacher.internal", "fd00::/8", "::ffff:10.0.0.1" }.Select(Encoding.UTF8.GetBytes)], input => AllowedNetworks.Parse([Encoding.UTF8.GetString(input)]))
        {
            Words = ["/", "::", "%eth0", ".", "/128", "/33"],
        },
    ];
}
