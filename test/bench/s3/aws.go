package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
)

const (
	instanceId       = "i-0be9c400000000001"
	volumeId         = "vol-0be9c400000000001"
	groupId          = "sg-0be9c400000000001"
	vpcId            = "vpc-0be9c400000000001"
	distributionId   = "EBENCH00000001"
	accessControlId  = "EBENCHOAC00001"
	cachingOptimized = "658327ea-f89d-4fab-a63d-7e88639e58f6"
	simpleCors       = "60669652-455b-4ae9-85a4-c4c02393f86c"
	launched         = "2024-01-01T00:00:00.000Z"
)

// site is what the one site is called.
type site struct {
	id, name, account, region, bucket, domain, agentPolicy string
}

func (s site) arn() string {
	return "arn:aws:cloudfront::" + s.account + ":distribution/" + distributionId
}

// server is the state of the site's server: what the last deployment left there.
type server struct {
	mutex    sync.Mutex
	release  string
	settings string
	outputs  map[string]string
}

func newServer() *server { return &server{outputs: map[string]string{}} }

func (s *server) reset() {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.release, s.settings, s.outputs = "", "", map[string]string{}
}

// serveQuery answers STS, EC2 and IAM, whose requests are forms and whose answers are XML.
func (c *cloud) serveQuery(service string, r *http.Request) answer {
	body, _ := io.ReadAll(r.Body)
	form, _ := url.ParseQuery(string(body))
	action := form.Get("Action")
	c.count(service + "." + action)
	role := "sitelift-" + c.site.id + "-server"
	switch service + "." + action {
	case "sts.GetCallerIdentity":
		return result(action, fmt.Sprintf("<Arn>arn:aws:iam::%s:user/bench</Arn><UserId>AIDABENCH</UserId><Account>%s</Account>", c.site.account, c.site.account))
	case "ec2.DescribeInstances":
		return c.describeInstances()
	case "ec2.DescribeVolumes":
		return c.describeVolumes()
	case "ec2.DescribeSecurityGroups":
		return xmlAnswer(fmt.Sprintf(`<DescribeSecurityGroupsResponse><securityGroupInfo><item><groupId>%s</groupId><groupName>sitelift-%s-web</groupName><vpcId>%s</vpcId>%s<ipPermissions><item><ipProtocol>tcp</ipProtocol><fromPort>80</fromPort><toPort>80</toPort><ipRanges><item><cidrIp>0.0.0.0/0</cidrIp></item></ipRanges></item></ipPermissions></item></securityGroupInfo></DescribeSecurityGroupsResponse>`,
			groupId, c.site.id, vpcId, c.tagSet("server-group")))
	case "iam.GetInstanceProfile":
		return result(action, fmt.Sprintf(`<InstanceProfile><InstanceProfileName>%s</InstanceProfileName><Roles><member><RoleName>%s</RoleName></member></Roles></InstanceProfile>`, role, role))
	case "iam.ListAttachedRolePolicies":
		return result(action, "<AttachedPolicies/><IsTruncated>false</IsTruncated>")
	case "iam.GetRolePolicy":
		return result(action, fmt.Sprintf("<RoleName>%s</RoleName><PolicyName>sitelift-agent</PolicyName><PolicyDocument>%s</PolicyDocument>", role, url.PathEscape(c.site.agentPolicy)))
	}
	return fail(http.StatusBadRequest, "InvalidAction", "the benchmark's AWS does not know "+service+" "+action).answer()
}

func result(action, content string) answer {
	return xmlAnswer(fmt.Sprintf("<%sResponse><%sResult>%s</%sResult><ResponseMetadata><RequestId>BENCH</RequestId></ResponseMetadata></%sResponse>", action, action, content, action, action))
}

func (c *cloud) tagSet(role string) string {
	return fmt.Sprintf("<tagSet><item><key>Name</key><value>%s %s</value></item><item><key>sitelift:site</key><value>%s</value></item><item><key>sitelift:role</key><value>%s</value></item></tagSet>",
		escaped(c.site.name), role, c.site.id, role)
}

func (c *cloud) describeInstances() answer {
	mapping := fmt.Sprintf("<blockDeviceMapping><item><deviceName>/dev/sdf</deviceName><ebs><volumeId>%s</volumeId><status>attached</status><attachTime>%s</attachTime><deleteOnTermination>false</deleteOnTermination></ebs></item></blockDeviceMapping>", volumeId, launched)
	instance := fmt.Sprintf("<item><instanceId>%s</instanceId><instanceState><code>16</code><name>running</name></instanceState><instanceType>t3.micro</instanceType><launchTime>%s</launchTime><placement><availabilityZone>%sa</availabilityZone></placement><vpcId>%s</vpcId><dnsName>ec2-203-0-113-9.compute-1.amazonaws.com</dnsName><ipAddress>203.0.113.9</ipAddress>%s%s</item>",
		instanceId, launched, c.site.region, vpcId, mapping, c.tagSet("server"))
	return xmlAnswer(fmt.Sprintf("<DescribeInstancesResponse><reservationSet><item><reservationId>r-0be9c400000000001</reservationId><ownerId>%s</ownerId><instancesSet>%s</instancesSet></item></reservationSet></DescribeInstancesResponse>", c.site.account, instance))
}

func (c *cloud) describeVolumes() answer {
	return xmlAnswer(fmt.Sprintf("<DescribeVolumesResponse><volumeSet><item><volumeId>%s</volumeId><size>1</size><availabilityZone>%sa</availabilityZone><status>in-use</status><createTime>%s</createTime><attachmentSet><item><volumeId>%s</volumeId><instanceId>%s</instanceId><device>/dev/sdf</device><status>attached</status></item></attachmentSet>%s<volumeType>gp3</volumeType><encrypted>true</encrypted></item></volumeSet></DescribeVolumesResponse>",
		volumeId, c.site.region, launched, volumeId, instanceId, c.tagSet("volume")))
}

const cloudFrontPath = "/2020-05-31/"

func (c *cloud) serveCloudFront(r *http.Request) answer {
	_, _ = io.Copy(io.Discard, r.Body)
	path := strings.TrimPrefix(r.URL.Path, cloudFrontPath)
	c.count("cloudfront." + r.Method + " " + path)
	etag := http.Header{"Content-Type": {"application/xml"}, "Etag": {"EBENCHETAG"}}
	identity := fmt.Sprintf("<Id>%s</Id><ARN>%s</ARN><Status>Deployed</Status><LastModifiedTime>%s</LastModifiedTime><DomainName>%s</DomainName>", distributionId, c.site.arn(), launched, escaped(c.site.domain))
	switch r.Method + " " + path {
	case "GET distribution":
		return xmlAnswer(fmt.Sprintf("<DistributionList><Marker/><MaxItems>100</MaxItems><IsTruncated>false</IsTruncated><Quantity>1</Quantity><Items><DistributionSummary>%s%s</DistributionSummary></Items></DistributionList>", identity, c.distributionConfig()))
	case "GET tagging":
		return xmlAnswer(fmt.Sprintf("<Tags><Items><Tag><Key>sitelift:site</Key><Value>%s</Value></Tag><Tag><Key>sitelift:role</Key><Value>distribution</Value></Tag></Items></Tags>", c.site.id))
	case "GET distribution/" + distributionId:
		made := xmlAnswer(fmt.Sprintf("<Distribution>%s<InProgressInvalidationBatches>0</InProgressInvalidationBatches><DistributionConfig><CallerReference>sitelift-%s-1</CallerReference>%s</DistributionConfig></Distribution>", identity, c.site.id, c.distributionConfig()))
		made.header = etag
		return made
	case "GET distribution/" + distributionId + "/config":
		made := xmlAnswer(fmt.Sprintf("<DistributionConfig><CallerReference>sitelift-%s-1</CallerReference>%s</DistributionConfig>", c.site.id, c.distributionConfig()))
		made.header = etag
		return made
	case "POST distribution/" + distributionId + "/invalidation":
		made := xmlAnswer(fmt.Sprintf("<Invalidation><Id>IBENCH</Id><Status>InProgress</Status><CreateTime>%s</CreateTime><InvalidationBatch><CallerReference>bench</CallerReference><Paths><Quantity>1</Quantity><Items><Path>/*</Path></Items></Paths></InvalidationBatch></Invalidation>", launched))
		made.status = http.StatusCreated
		return made
	}
	return fail(http.StatusNotFound, "NoSuchResource", "the benchmark's CloudFront does not know "+r.Method+" "+path).answer()
}

func (c *cloud) distributionConfig() string {
	methods := "<Quantity>2</Quantity><Items><Method>GET</Method><Method>HEAD</Method></Items>"
	return fmt.Sprintf("<Comment>Sitelift: %s (%s)</Comment><Enabled>true</Enabled><HttpVersion>http2and3</HttpVersion><IsIPV6Enabled>true</IsIPV6Enabled><PriceClass>PriceClass_100</PriceClass>", escaped(c.site.name), c.site.id) +
		fmt.Sprintf("<Origins><Quantity>1</Quantity><Items><Origin><Id>bucket</Id><DomainName>%s.s3.%s.amazonaws.com</DomainName><OriginPath>/site</OriginPath><OriginAccessControlId>%s</OriginAccessControlId><S3OriginConfig><OriginAccessIdentity/></S3OriginConfig></Origin></Items></Origins>", c.site.bucket, c.site.region, accessControlId) +
		fmt.Sprintf("<DefaultCacheBehavior><TargetOriginId>bucket</TargetOriginId><ViewerProtocolPolicy>redirect-to-https</ViewerProtocolPolicy><Compress>true</Compress><CachePolicyId>%s</CachePolicyId><ResponseHeadersPolicyId>%s</ResponseHeadersPolicyId><AllowedMethods>%s<CachedMethods>%s</CachedMethods></AllowedMethods></DefaultCacheBehavior>", cachingOptimized, simpleCors, methods, methods)
}

// serveSsm answers as if a healthy server had done at once what it was told.
func (c *cloud) serveSsm(r *http.Request) answer {
	_, action, _ := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
	c.count("ssm." + action)
	var asked struct {
		Comment    string
		CommandId  string
		Parameters struct {
			Commands []string `json:"commands"`
		}
	}
	if err := json.NewDecoder(r.Body).Decode(&asked); err != nil {
		return jsonAnswer(http.StatusBadRequest, map[string]any{"__type": "SerializationException"})
	}
	switch action {
	case "DescribeInstanceInformation":
		return jsonAnswer(http.StatusOK, map[string]any{"InstanceInformationList": []any{map[string]any{"InstanceId": instanceId, "PingStatus": "Online"}}})
	case "SendCommand":
		id := c.server.run(asked.Comment, strings.Join(asked.Parameters.Commands, "\n"))
		return jsonAnswer(http.StatusOK, map[string]any{"Command": map[string]any{"CommandId": id, "Status": "Pending"}})
	case "GetCommandInvocation":
		c.server.mutex.Lock()
		output, found := c.server.outputs[asked.CommandId]
		c.server.mutex.Unlock()
		if !found {
			return jsonAnswer(http.StatusBadRequest, map[string]any{"__type": "InvocationDoesNotExist"})
		}
		return jsonAnswer(http.StatusOK, map[string]any{
			"CommandId": asked.CommandId, "InstanceId": instanceId, "Status": "Success", "StatusDetails": "Success",
			"ResponseCode": 0, "StandardOutputContent": output, "StandardErrorContent": "",
		})
	}
	return jsonAnswer(http.StatusBadRequest, map[string]any{"__type": "UnknownOperationException", "message": action})
}

func jsonAnswer(status int, value any) answer {
	body, _ := json.Marshal(value)
	return answer{status, http.Header{"Content-Type": {"application/x-amz-json-1.1"}}, body}
}

// run gives the id of a command that has ended; which one it is, its comment says.
func (s *server) run(comment, text string) string {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	output := ""
	switch {
	case strings.HasSuffix(comment, ": look"):
		output = s.look()
	case strings.HasSuffix(comment, ": deploy"):
		s.release, s.settings = valueOf(text, "RELEASE"), valueOf(text, "SETTINGS_ID")
		output = fmt.Sprintf("release=%s\nfree_bytes=900000000\nfree_inodes=60000\ndeleted=0\nleft=0\n", s.release)
	}
	id := fmt.Sprintf("00000000-0000-4000-8000-%012d", len(s.outputs)+1)
	s.outputs[id] = output
	return id
}

func (s *server) look() string {
	seen := "installed=yes\nenabled=enabled\nactive=active\npartition=/dev/nvme1n1p1\nserial=" + strings.ReplaceAll(volumeId, "-", "") +
		"\nsize_bytes=1071644672\nfile_system=ext4\nfree_bytes=900000000\nin_fstab=yes\n"
	if s.release != "" {
		seen += "release=" + s.release + "\nsettings=" + s.settings + "\n"
	}
	return seen
}

// valueOf reads a line NAME='value' of a command.
func valueOf(text, name string) string {
	_, rest, _ := strings.Cut(text, "\n"+name+"='")
	value, _, _ := strings.Cut(rest, "'")
	return value
}
